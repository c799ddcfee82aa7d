import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { type Clock, unixSeconds } from '../shared/clock.ts';
import { RefreshError, type RefreshErrorCode } from '../shared/refresh-error.ts';
import type { KeptReason, MintReason, RefreshResult } from '../shared/refresh-result.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import { claimReplacement } from './claim.ts';
import type { Configuration } from './configuration.ts';
import { describeCredentials, readCredentials, type SecretVersions } from './credentials.ts';
import { type Decision, decide, isDue } from './decide.ts';
import type { RefreshEvent } from './event.ts';
import { mint } from './mint.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import { assertFits, isUndecryptable, readStored, writeToken } from './store.ts';

/** What a run met on its way, for the report; filled in as it goes, so that a failed run has it too. */
export interface RunObservations {
  /** Unix time, seconds, at which the token that consumers read expires; 0 where they find none. */
  expiresAt?: number;
  /** Of that token: when it was issued (Unix time, seconds), and the fingerprint of what it was minted from. */
  origin?: Pick<StoredToken, 'issued_at' | 'source'>;
  /** Seconds from issue to expiry of a newly minted token. */
  mintedLifetime?: number;
  attempts: number;
  mintDurationMs?: number;
  previousCredentialsUsed: boolean;
  /** The token endpoint stated a lifetime that was not believed. */
  lifetimeBounded: boolean;
}

interface Unstored {
  readonly token: StoredToken;
  /** Why it was minted. */
  readonly reason: MintReason;
}

/** What a warm container remembers from one run to the next. */
export interface WarmMemory {
  /** Minted, but Parameter Store did not take it: the next run stores it instead of minting again. */
  unstored?: Unstored;
  /** How long the token endpoint last asked not to be called, and the failure with which it did. */
  pause?: { readonly tokenUrl: string; readonly notBefore: number; readonly code: RefreshErrorCode };
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
 * How long a claim outlasts the time for minting, in seconds: storing takes 15 at most, and two clocks may differ a bit.
 * So it ends after the run that has it, but soon enough for another run to try where that one was cut off.
 */
const CLAIM_RESERVE_SECONDS = 30;

/**
 * One check, from the event to the parameter. Whatever fails, the stored token stays as it was.
 * @throws RefreshError with any of its codes but `CONFIGURATION_INVALID` and `EVENT_INVALID`
 */
export async function refresh(
  event: RefreshEvent,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const found = await check(event, configuration, tools);
  if (event.type !== 'rejected' || found.decision.action === 'keep' || found.stored.state !== 'token')
    return carryOut(found, configuration, tools);

  const claim = await claimReplacement(tools.ssm, configuration.parameterName, {
    rejected: event.fingerprint,
    now: unixSeconds(tools.clock.now()),
    expiresAt: unixSeconds(tools.deadline) + CLAIM_RESERVE_SECONDS,
  });
  if (claim === undefined) return kept('being-replaced', found.stored);
  try {
    // The token may have been replaced between the first look and the claim.
    return await carryOut(await check(event, configuration, tools), configuration, tools);
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/** What stands in the parameter, and what is to be done about it. */
interface Found {
  readonly stored: Stored;
  readonly decision: Decision;
  readonly versions: SecretVersions;
  readonly source: string;
}

async function check(
  event: RefreshEvent,
  configuration: Configuration,
  { ssm, secretsManager, clock, observations }: RefreshTools,
): Promise<Found> {
  const { parameterName, credentialsSecretId } = configuration;
  const [storedRead, secretRead] = await Promise.allSettled([
    readStoredFor(event, ssm, parameterName),
    describeCredentials(secretsManager, credentialsSecretId),
  ]);
  const stored = unwrap(storedRead);
  // Reported whatever fails from here on.
  observations.expiresAt = stored.state === 'token' ? stored.token.expires_at : 0;
  if (stored.state === 'token') observations.origin = originOf(stored.token);
  const versions = unwrap(secretRead);
  const source = sourceFingerprint(configuration, versions.current);
  const now = unixSeconds(clock.now());
  const decision = decide({ event, stored, parameterName, source, now, policy: configuration });
  return { stored, decision, versions, source };
}

async function carryOut(
  { stored, decision, versions, source }: Found,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const unstored = takeUnstored(stored, source, configuration, tools);
  if (decision.action === 'mint') {
    const token = unstored?.token ?? (await mintToken(configuration, versions, source, tools));
    return put({ token, reason: decision.reason }, configuration, tools);
  }
  return unstored === undefined ? kept(decision.reason, decision) : put(unstored, configuration, tools);
}

/** Stores a token, and remembers it where that fails. */
async function put(
  unstored: Unstored,
  { parameterName, parameterKeyId, parameterTier }: Configuration,
  { ssm, memory, observations }: RefreshTools,
): Promise<RefreshResult> {
  const { token, reason } = unstored;
  assertFits(token, parameterName);
  memory.unstored = unstored;
  const parameter = { name: parameterName, keyId: parameterKeyId, tier: parameterTier };
  const version = await writeToken(ssm, parameter, token);
  delete memory.unstored;
  observations.expiresAt = token.expires_at;
  observations.origin = originOf(token);
  return { outcome: 'minted', reason, expires_at: token.expires_at, parameter_version: version };
}

function originOf({ issued_at, source }: StoredToken): Pick<StoredToken, 'issued_at' | 'source'> {
  return { issued_at, source };
}

function kept(
  reason: KeptReason,
  { token, version }: { readonly token: StoredToken; readonly version: number },
): RefreshResult {
  return { outcome: 'kept', reason, expires_at: token.expires_at, parameter_version: version };
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
): Unstored | undefined {
  const { unstored } = memory;
  delete memory.unstored;
  if (unstored === undefined || unstored.token.source !== source) return undefined;
  const { token } = unstored;
  if (isDue(token, unixSeconds(clock.now()), configuration)) return undefined;
  if (stored.state === 'token') {
    // The write was done after all, only its answer was lost.
    if (stored.token.access_token === token.access_token) return undefined;
    // Another container has stored a later one meanwhile: this one may be what it replaced.
    if (stored.token.issued_at > token.issued_at) return undefined;
  }
  return unstored;
}

async function mintToken(
  configuration: Configuration,
  versions: SecretVersions,
  source: string,
  tools: RefreshTools,
): Promise<StoredToken> {
  const { clock, memory, observations } = tools;
  assertNotPaused(configuration, memory, clock);
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
        rememberPause(error, configuration, memory);
        throw rejection;
      });
      observations.previousCredentialsUsed = true;
      return previous;
    });
    observations.mintDurationMs = clock.now() - startedAt;
    observations.mintedLifetime = token.expires_at - token.issued_at;
    delete memory.pause;
    return token;
  } catch (error) {
    rememberPause(error, configuration, memory);
    throw error;
  }
}

function rememberPause(error: unknown, { tokenUrl }: Configuration, memory: WarmMemory): void {
  if (!(error instanceof RefreshError) || error.details.notBefore === undefined) return;
  memory.pause = { tokenUrl, notBefore: error.details.notBefore, code: error.code };
}

function assertNotPaused({ tokenUrl }: Configuration, memory: WarmMemory, clock: Clock): void {
  const { pause } = memory;
  if (pause === undefined || pause.tokenUrl !== tokenUrl || clock.now() >= pause.notBefore) return;
  throw new RefreshError(
    pause.code,
    `${tokenUrl} asked not to be called before ${new Date(pause.notBefore).toISOString()} and was not. ` +
      'The first check after that tries again. If this lasts, ' +
      (pause.code === 'RATE_LIMITED'
        ? 'find out what else asks for tokens with these credentials.'
        : 'ask the operator of the authorization server.'),
    { notBefore: pause.notBefore },
  );
}

function unwrap<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
