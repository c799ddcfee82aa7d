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

/** What a warm container remembers of a fallback that failed. */
export interface FallbackMemory extends PauseMemory {
  forbidden?: {
    /** Id of the previous version that got a bare 403, as the current one did. */
    readonly version: string;
    /** Unix time in milliseconds before which a bare 403 does not cause another try. */
    readonly until: number;
  };
}

/** Milliseconds. Some servers limit the rate with a 403, and a second request in each run would make that worse. */
const FORBIDDEN_PAUSE_MS = 15 * 60_000;

export interface FallbackTools extends MintTools {
  readonly secretsManager: SecretsManagerClient;
  readonly memory: FallbackMemory;
  readonly observations: FallbackObservations;
}

/**
 * Mints with the secret's current version, and with the previous one if the endpoint may not know the current one. A rotation
 * reaches the secret and the authorization server in either order.
 * @throws RefreshError as `readCredentials` and `mint` do, for the current version if both fail
 */
export async function mintWithFallback(
  configuration: Configuration,
  versions: SecretVersions,
  source: string,
  tools: FallbackTools,
): Promise<StoredToken> {
  const { clock, memory, observations } = tools;
  assertNotPaused(memory, configuration.tokenUrl, clock.now());
  const startedAt = clock.now();
  const mintWith = (versionId: string) => mintWithVersion(versionId, configuration, source, tools);
  const token = await mintWith(versions.current).catch((rejection: unknown) =>
    mintWithPrevious(rejection, versions, mintWith, tools),
  );
  observations.mintDurationMs = clock.now() - startedAt;
  observations.mintedLifetime = token.expires_at - token.issued_at;
  return token;
}

/** @throws the current version's rejection, unless the previous version is accepted */
async function mintWithPrevious(
  rejection: unknown,
  { current, previous }: SecretVersions,
  mintWith: (versionId: string) => Promise<StoredToken>,
  { clock, memory, observations }: FallbackTools,
): Promise<StoredToken> {
  const forbidden = isForbidden(rejection);
  if (!forbidden && !isClientRejected(rejection)) throw rejection;
  if (previous === undefined || previous === current) throw rejection;
  if (forbidden && memory.forbidden?.version === previous && clock.now() < memory.forbidden.until)
    throw rejection;
  try {
    const token = await mintWith(previous);
    observations.previousCredentialsUsed = true;
    return token;
  } catch (failure) {
    if (!(failure instanceof RefreshError)) throw failure;
    if (forbidden && isForbidden(failure))
      memory.forbidden = { version: previous, until: clock.now() + FORBIDDEN_PAUSE_MS };
    throw rejection;
  }
}

function isClientRejected(failure: unknown): boolean {
  return failure instanceof RefreshError && failure.code === 'CLIENT_REJECTED';
}

/** Whether the endpoint answered a bare 403, which may reject the client, the request or the rate. */
function isForbidden(failure: unknown): boolean {
  if (!(failure instanceof RefreshError) || failure.code !== 'REQUEST_REJECTED') return false;
  return failure.details.status === 403 && failure.details.oauthError === undefined;
}

async function mintWithVersion(
  versionId: string,
  configuration: Configuration,
  source: string,
  tools: FallbackTools,
): Promise<StoredToken> {
  const credentials = await readCredentials(tools.secretsManager, configuration, versionId);
  try {
    return await mint(configuration, credentials, source, tools);
  } catch (error) {
    rememberPause(tools.memory, error);
    throw error;
  }
}
