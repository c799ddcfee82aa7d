import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RefreshError } from '../shared/refresh-error.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';
import { readCredentials, type SecretVersions } from './credentials.ts';
import { assertNotPaused, type PauseMemory, rememberPause } from './endpoint-pause.ts';
import { type MintObservations, type MintTools, mint } from './mint.ts';

export interface FallbackObservations extends MintObservations {
  /** Milliseconds from the first request to the grant. */
  mintDurationMs?: number;
  /** Seconds from issue to expiry of the minted token. */
  mintedLifetime?: number;
  /** Whether only the secret's previous version was accepted. */
  previousCredentialsUsed: boolean;
}

export interface FallbackTools extends MintTools {
  readonly secretsManager: SecretsManagerClient;
  readonly memory: PauseMemory;
  readonly observations: FallbackObservations;
}

/**
 * Mints with the secret's current version, and with the previous one if the endpoint rejects the client.
 * @throws RefreshError as `readCredentials` and `mint` do
 */
export async function mintWithFallback(
  configuration: Configuration,
  { current, previous }: SecretVersions,
  source: string,
  tools: FallbackTools,
): Promise<StoredToken> {
  const { clock, memory, observations } = tools;
  assertNotPaused(memory, configuration.tokenUrl, clock.now());
  const startedAt = clock.now();
  let token: StoredToken;
  try {
    token = await mintWithVersion(current, configuration, source, tools);
  } catch (rejection) {
    if (!(rejection instanceof RefreshError) || rejection.code !== 'CLIENT_REJECTED') throw rejection;
    if (previous === undefined || previous === current) throw rejection;
    // A rotation may reach the secret before it reaches the authorization server.
    token = await mintWithVersion(previous, configuration, source, tools).catch(() =>
      Promise.reject(rejection),
    );
    observations.previousCredentialsUsed = true;
  }
  observations.mintDurationMs = clock.now() - startedAt;
  observations.mintedLifetime = token.expires_at - token.issued_at;
  delete memory.pause;
  return token;
}

async function mintWithVersion(
  versionId: string,
  configuration: Configuration,
  source: string,
  tools: FallbackTools,
): Promise<StoredToken> {
  const credentials = await readCredentials(
    tools.secretsManager,
    configuration.credentialsSecretId,
    versionId,
  );
  try {
    return await mint(configuration, credentials, source, tools);
  } catch (error) {
    rememberPause(tools.memory, error);
    throw error;
  }
}
