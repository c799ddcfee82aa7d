import type { SSMClient } from '@aws-sdk/client-ssm';
import { unixSeconds } from '../shared/clock.ts';
import type { KeepReason, RefreshResult } from '../shared/refresh-result.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import { STORE_RESERVE_SECONDS } from '../shared/time-budget.ts';
import { claimReplacement } from './claim.ts';
import type { Configuration } from './configuration.ts';
import { describeCredentials, type SecretVersions } from './credentials.ts';
import { type Decision, decide } from './decide.ts';
import type { RefreshEvent } from './event.ts';
import {
  type FallbackMemory,
  type FallbackObservations,
  type FallbackTools,
  mintWithFallback,
} from './mint-with-fallback.ts';
import { findNewerToken } from './newer-token.ts';
import { grantedAgain, isPartlyUsed } from './same-token.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import { assertFits, readReplaceable, readStored, writeToken } from './store.ts';
import { takeUnstoredToken, type UnstoredMemory, type UnstoredToken } from './unstored-token.ts';

/** What a run did, for the log and the metrics. Each step adds to it, so it covers failed runs, too. */
export interface RunObservations extends FallbackObservations {
  /** Unix time in seconds at which the stored token expires; 0 if there is no token. */
  expiresAt?: number;
  /** When the stored token was issued, and from which source. */
  origin?: Pick<StoredToken, 'issued_at' | 'source'>;
  /** Set if the endpoint granted a token that it had granted before: the stored one, or probably another one. */
  reused?: 'stored' | 'another';
}

/** What a warm container remembers from one run to the next. */
export type WarmMemory = FallbackMemory & UnstoredMemory;

export interface RefreshTools extends FallbackTools {
  readonly ssm: SSMClient;
  /** Writes minted tokens, with more attempts than `ssm`. */
  readonly tokenWriter: SSMClient;
  readonly memory: WarmMemory;
  readonly observations: RunObservations;
}

/** How long a claim outlasts the run, in seconds, because clocks differ. */
const CLAIM_MARGIN_SECONDS = 15;

/**
 * Runs one check, from the event to the stored token. If a step fails, the stored token stays as it was.
 * @throws RefreshError with any code but `CONFIGURATION_INVALID` and `EVENT_INVALID`
 */
export async function refresh(
  event: RefreshEvent,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const decided = await readAndDecide(event, configuration, tools);
  if (event.type !== 'rejected' || decided.decision.action === 'keep' || decided.stored.state !== 'token')
    return execute(decided, configuration, tools);

  const claim = await claimReplacement(tools, configuration.parameterName, {
    replaces: event.fingerprint,
    now: unixSeconds(tools.clock.now()),
    expiresAt: unixSeconds(tools.deadline) + STORE_RESERVE_SECONDS + CLAIM_MARGIN_SECONDS,
  });
  if (claim === undefined) return kept('being-replaced', decided.stored);
  try {
    // Another run may have replaced the token just before this one got the claim.
    return await execute(await readAndDecide(event, configuration, tools), configuration, tools);
  } catch (error) {
    await claim.release();
    throw error;
  }
}

/** What a run found, and what it does about it. */
interface Decided {
  readonly stored: Stored;
  readonly versions: SecretVersions;
  readonly source: string;
  readonly decision: Decision;
}

async function readAndDecide(
  event: RefreshEvent,
  configuration: Configuration,
  { ssm, secretsManager, clock, observations }: RefreshTools,
): Promise<Decided> {
  const { parameterName } = configuration;
  const read = event.type === 'force' ? readReplaceable : readStored;
  const [storedRead, secretRead] = await Promise.allSettled([
    read(ssm, parameterName),
    describeCredentials(secretsManager, configuration),
  ]);
  const stored = unwrap(storedRead);
  // Recorded first, because the next steps may fail.
  if (stored.state === 'token') observe(stored.token, observations);
  else observations.expiresAt = 0;
  const versions = unwrap(secretRead);
  const source = sourceFingerprint(configuration, versions.current);
  const now = unixSeconds(clock.now());
  const decision = decide({ event, stored, parameterName, source, now, policy: configuration });
  return { stored, versions, source, decision };
}

async function execute(
  { stored, versions, source, decision }: Decided,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const now = unixSeconds(tools.clock.now());
  const unstored = takeUnstoredToken(tools.memory, { stored, source, now, policy: configuration });
  if (decision.action === 'mint') {
    const { reason } = decision;
    const token = unstored?.token ?? (await mintWithFallback(configuration, versions, source, tools));
    const same = grantedAgain(token, stored, reason);
    if (same === undefined) {
      if (isPartlyUsed(token, stored, configuration)) observeReuse('another', tools.observations);
      return storeToken({ token, reason }, stored, configuration, tools);
    }
    observeReuse('stored', tools.observations);
    if (stored.state === 'token' && stored.token.source === source)
      return kept('same-token', { token: same, version: stored.version });
    // Otherwise, every check would mint.
    return storeToken({ token: same, reason }, stored, configuration, tools);
  }
  if (unstored === undefined) return kept(decision.reason, decision);
  return storeToken(unstored, stored, configuration, tools);
}

/**
 * Stores a minted token, unless another run has stored a newer one. If the write fails, the next run in this container tries
 * again. `before` is what this run found stored.
 */
async function storeToken(
  minted: UnstoredToken,
  before: Stored,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const { token, reason } = minted;
  const {
    parameterName: name,
    parameterKeyId: keyId,
    parameterTier: tier,
    parameterTags: tags,
  } = configuration;
  const { memory, observations } = tools;
  assertFits(token, name);
  memory.unstored = minted;
  const newer = await findNewerToken(token, before, configuration, tools);
  if (newer !== undefined) {
    delete memory.unstored;
    observe(newer.token, observations);
    return kept('already-replaced', newer);
  }
  const parameter = { name, keyId, tier, tags, isMissing: before.state === 'missing' };
  const version = await writeToken(tools, parameter, token);
  delete memory.unstored;
  observe(token, observations);
  return { outcome: 'minted', reason, expires_at: token.expires_at, parameter_version: version };
}

function kept(
  reason: KeepReason,
  { token, version }: { readonly token: StoredToken; readonly version: number },
): RefreshResult {
  return { outcome: 'kept', reason, expires_at: token.expires_at, parameter_version: version };
}

function observe({ expires_at, issued_at, source }: StoredToken, observations: RunObservations): void {
  observations.expiresAt = expires_at;
  observations.origin = { issued_at, source };
}

function observeReuse(reused: 'stored' | 'another', observations: RunObservations): void {
  observations.reused = reused;
  // What is left of a token is not its lifetime.
  delete observations.mintedLifetime;
}

function unwrap<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
