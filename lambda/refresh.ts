import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { type Clock, unixSeconds } from './clock.ts';
import type { Configuration } from './configuration.ts';
import { describeCredentials, readCredentials, type SecretVersions } from './credentials.ts';
import { type Decision, decide, isDue, type KeepReason, type MintReason } from './decide.ts';
import { RefreshError } from './errors.ts';
import type { RefreshEvent } from './event.ts';
import { mint } from './mint.ts';
import { sourceFingerprint } from './source.ts';
import { assertFits, isUndecryptable, readStored, writeToken } from './store.ts';
import type { Stored, StoredToken } from './stored-token.ts';

/** What a run answers. Never the token. */
export type RefreshResult =
  | {
      readonly outcome: 'kept';
      readonly reason: KeepReason;
      readonly expires_at: number;
      readonly parameter_version: number;
    }
  | {
      readonly outcome: 'minted';
      readonly reason: MintReason;
      readonly expires_at: number;
      readonly parameter_version: number;
    };

/** What a run met on its way, for the report; filled in as it goes, so that a failed run has it too. */
export interface RunObservations {
  /** Unix time, seconds, at which the token that consumers read expires. */
  expiresAt?: number;
  /** Seconds from issue to expiry of a newly minted token. */
  mintedLifetime?: number;
  attempts: number;
  mintDurationMs?: number;
  previousCredentialsUsed: boolean;
  /** The token endpoint stated a lifetime that was not believed. */
  lifetimeBounded: boolean;
}

/** What a warm container remembers from one run to the next. */
export interface WarmMemory {
  /** Minted, but Parameter Store did not take it: the next run stores it instead of minting again. */
  unstored?: StoredToken;
  /** What the token endpoint last asked for when it was called too often. */
  rateLimit?: { readonly tokenUrl: string; readonly notBefore: number };
}

export interface RefreshTools {
  readonly ssm: SSMClient;
  readonly secretsManager: SecretsManagerClient;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
  /** Unix time, milliseconds, by which minting has to end. */
  readonly deadline: number;
  readonly memory: WarmMemory;
  readonly observations: RunObservations;
}

/**
 * One check, from the event to the parameter. Whatever fails, the stored token stays as it was.
 * @throws RefreshError with any of its codes but `CONFIGURATION_INVALID` and `EVENT_INVALID`
 */
export async function refresh(
  event: RefreshEvent,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const { parameterName, parameterKeyId, parameterTier, credentialsSecretId } = configuration;
  const { ssm, secretsManager, clock, memory, observations } = tools;

  const [stored, versions] = await Promise.allSettled([
    readStoredFor(event, ssm, parameterName),
    describeCredentials(secretsManager, credentialsSecretId),
  ]).then(([storedRead, secretRead]) => [unwrap(storedRead), unwrap(secretRead)] as const);
  if (stored.state === 'token') observations.expiresAt = stored.token.expires_at;
  const source = sourceFingerprint(configuration, versions.current);

  const now = unixSeconds(clock.now());
  const decision: Decision = decide({ event, stored, parameterName, source, now, policy: configuration });
  if (decision.action === 'keep') {
    delete memory.unstored;
    const { reason, token, version } = decision;
    return { outcome: 'kept', reason, expires_at: token.expires_at, parameter_version: version };
  }

  const token =
    takeUnstored(stored, source, configuration, tools) ??
    (await mintToken(configuration, versions, source, tools));
  assertFits(token, parameterName);
  memory.unstored = token;
  const parameter = { name: parameterName, keyId: parameterKeyId, tier: parameterTier };
  const version = await writeToken(ssm, parameter, token);
  delete memory.unstored;
  observations.expiresAt = token.expires_at;
  return {
    outcome: 'minted',
    reason: decision.reason,
    expires_at: token.expires_at,
    parameter_version: version,
  };
}

/** By force a token is also put in the place of a value whose key is gone or was changed. */
async function readStoredFor(event: RefreshEvent, ssm: SSMClient, parameterName: string): Promise<Stored> {
  try {
    return await readStored(ssm, parameterName);
  } catch (error) {
    if (event.type !== 'force' || !isUndecryptable(error)) throw error;
    return { state: 'foreign', found: 'a value that cannot be decrypted' };
  }
}

/** The token that the run before could not store, while it is what this run would mint and no reader has seen it. */
function takeUnstored(
  stored: Stored,
  source: string,
  configuration: Configuration,
  { clock, memory }: RefreshTools,
): StoredToken | undefined {
  const token = memory.unstored;
  delete memory.unstored;
  if (token === undefined || token.source !== source) return undefined;
  if (isDue(token, unixSeconds(clock.now()), configuration)) return undefined;
  // Another container has stored a later one meanwhile: this one may be what it replaced.
  if (stored.state === 'token' && stored.token.issued_at >= token.issued_at) return undefined;
  return token;
}

async function mintToken(
  configuration: Configuration,
  versions: SecretVersions,
  source: string,
  tools: RefreshTools,
): Promise<StoredToken> {
  const { clock, memory, observations } = tools;
  assertNotRateLimited(configuration, memory, clock);
  const mintWith = async (versionId: string): Promise<StoredToken> => {
    const credentials = await readCredentials(
      tools.secretsManager,
      configuration.credentialsSecretId,
      versionId,
    );
    const onAttempt = () => {
      observations.attempts += 1;
    };
    const onLifetimeBounded = () => {
      observations.lifetimeBounded = true;
    };
    return mint(configuration, credentials, source, { ...tools, onAttempt, onLifetimeBounded });
  };
  const startedAt = clock.now();
  try {
    const token = await mintWith(versions.current).catch(async (rejection: unknown) => {
      if (!(rejection instanceof RefreshError) || rejection.code !== 'CLIENT_REJECTED') throw rejection;
      if (versions.previous === undefined || versions.previous === versions.current) throw rejection;
      // A rotation may have reached the secret before the authorization server.
      const previous = await mintWith(versions.previous).catch((error: unknown) => {
        rememberRateLimit(error, configuration, memory);
        throw rejection;
      });
      observations.previousCredentialsUsed = true;
      return previous;
    });
    observations.mintDurationMs = clock.now() - startedAt;
    observations.mintedLifetime = token.expires_at - token.issued_at;
    delete memory.rateLimit;
    return token;
  } catch (error) {
    rememberRateLimit(error, configuration, memory);
    throw error;
  }
}

function rememberRateLimit(error: unknown, { tokenUrl }: Configuration, memory: WarmMemory): void {
  if (!(error instanceof RefreshError) || error.details.notBefore === undefined) return;
  memory.rateLimit = { tokenUrl, notBefore: error.details.notBefore };
}

function assertNotRateLimited({ tokenUrl }: Configuration, memory: WarmMemory, clock: Clock): void {
  const limit = memory.rateLimit;
  if (limit === undefined || limit.tokenUrl !== tokenUrl || clock.now() >= limit.notBefore) return;
  throw new RefreshError(
    'RATE_LIMITED',
    `${tokenUrl} asked not to be called before ${new Date(limit.notBefore).toISOString()} and was not. ` +
      'The first check after that tries again. If this lasts, find out what else asks for tokens with these credentials.',
    { notBefore: limit.notBefore },
  );
}

function unwrap<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
