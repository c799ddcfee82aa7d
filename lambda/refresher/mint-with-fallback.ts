import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RefreshError } from '../shared/refresh-error.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';
import {
  type CredentialsMemory,
  type CredentialsObservations,
  knownCredentials,
} from './known-credentials.ts';
import { type MintObservations, type MintTools, mint } from './mint.ts';
import type { SecretVersions } from './secret-versions.ts';
import { sourceFingerprint } from './source-fingerprint.ts';

export interface FallbackObservations extends MintObservations, CredentialsObservations {
  /** Milliseconds from the first request to the grant. */
  mintDurationMs?: number;
  /** Seconds from issue to expiry of the minted token. */
  mintedLifetime?: number;
  /** Whether the endpoint rejected the secret's current version, and the token is from the previous one. */
  previousCredentialsUsed: boolean;
}

/** What a warm container remembers of the credentials, and of a fallback that failed. */
export interface FallbackMemory extends CredentialsMemory {
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
 * reaches the secret and the authorization server in either order. The token's `source` names the version that was accepted.
 * @throws RefreshError as `knownCredentials` and `mint` do, for the current version if both fail
 */
export async function mintWithFallback(
  configuration: Configuration,
  versions: SecretVersions,
  tools: FallbackTools,
): Promise<StoredToken> {
  const { clock, observations } = tools;
  const startedAt = clock.now();
  const token = await mintWithVersion(versions.current, configuration, tools).catch((rejection: unknown) =>
    mintWithPrevious(rejection, versions, configuration, tools),
  );
  observations.mintDurationMs = clock.now() - startedAt;
  observations.mintedLifetime = token.expires_at - token.issued_at;
  return token;
}

/** @throws the current version's rejection, unless the previous version is accepted */
async function mintWithPrevious(
  rejection: unknown,
  { current, previous }: SecretVersions,
  configuration: Configuration,
  tools: FallbackTools,
): Promise<StoredToken> {
  const { clock, memory, observations } = tools;
  if (!mayBeUnknown(rejection) || previous === undefined || previous === current) throw rejection;
  const forbidden = isForbidden(rejection);
  if (forbidden && memory.forbidden?.version === previous && clock.now() < memory.forbidden.until)
    throw rejection;
  try {
    const token = await mintWithVersion(previous, configuration, tools);
    observations.previousCredentialsUsed = true;
    return token;
  } catch (failure) {
    if (!(failure instanceof RefreshError)) throw failure;
    if (forbidden && isForbidden(failure))
      memory.forbidden = { version: previous, until: clock.now() + FORBIDDEN_PAUSE_MS };
    throw rejection.until(failure.details.notBefore);
  }
}

/** Whether the endpoint may not know the credentials, or no longer. */
export function mayBeUnknown(failure: unknown): failure is RefreshError {
  if (!(failure instanceof RefreshError)) return false;
  return failure.code === 'CLIENT_REJECTED' || isForbidden(failure);
}

/** Whether the endpoint answered a bare 403, which may reject the client, the request or the rate. */
function isForbidden({ details }: RefreshError): boolean {
  return details.status === 403 && details.oauthError === undefined;
}

/** Mints with one version of the secret. */
export async function mintWithVersion(
  versionId: string,
  configuration: Configuration,
  tools: FallbackTools,
): Promise<StoredToken> {
  const credentials = await knownCredentials(tools, configuration, versionId);
  return mint(configuration, credentials, sourceFingerprint(configuration, versionId), tools);
}
