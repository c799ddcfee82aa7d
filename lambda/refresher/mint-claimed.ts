import { unixSeconds } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { STORE_RESERVE_SECONDS } from '../shared/time-budget.ts';
import { type FoundClaim, releaseClaim, takeClaim } from './claim.ts';
import type { ClaimRecord, RejectionStreak } from './claim-record.ts';
import type { Configuration } from './configuration.ts';
import { type PauseInput, rememberFailure, requestsAfter } from './endpoint-pause.ts';
import type { RefreshEvent } from './event.ts';
import { formerToken } from './former-token.ts';
import { mintAndStore } from './mint-and-store.ts';
import { kept, versionOf } from './observe-stored.ts';
import { type Found, readAndDecide } from './read-and-decide.ts';
import type { RefreshTools } from './refresh.ts';
import { isTooSoon, nextRejection } from './rejection-streak.ts';

/** How long a claim outlasts the run, in seconds, because the clocks of containers may differ. */
const CLAIM_MARGIN_SECONDS = 60;

/**
 * Takes the claim, mints and stores. `before` is the claim as this run found it: not held by another run. Instead of a result,
 * it returns why the run must decide again: another run took the claim first, or has just stored another token.
 * @throws RefreshError as `refresh` does
 */
export async function mintClaimed(
  event: RefreshEvent,
  found: Found,
  before: FoundClaim,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult | 'claimed-by-another' | 'token-changed'> {
  const { clock, observations } = tools;
  const { parameterName } = configuration;
  const now = unixSeconds(clock.now());
  const { expiresAt = 0, attempts } = observations;
  const input = { event, source: found.source, now, expiresAt, configuration };
  const own = claimFor(found, before.record, tools);
  // A run that may send no request takes no claim.
  const keeps = keepsRejected(found, own, now);
  if (keeps !== undefined) return keeps;
  requestsAllowed(found, own, input);
  const taken = await takeClaim(tools, parameterName, before, own, now);
  // Stryker disable next-line StringLiteral: any text but 'token-changed' has the same effect
  if (taken === undefined) return 'claimed-by-another';
  // Since this run found the claim, another run may have failed, or replaced a rejected token.
  const claim = claimFor(found, taken.latest, tools);
  const release = async (changes: Partial<ClaimRecord>) => {
    // After that, another run may have the claim.
    if (unixSeconds(clock.now()) >= claim.expires_at) return;
    await releaseClaim(tools, parameterName, { ...claim, ...changes });
  };
  try {
    const current = await readAndDecide(event, configuration, tools);
    if (versionOf(current.stored) !== claim.replaces) {
      await release({});
      return 'token-changed';
    }
    const keeps = keepsRejected(found, claim, now);
    if (keeps !== undefined) {
      await release({});
      return keeps;
    }
    const mostRequests = requestsAllowed(found, claim, input) === 'one' ? 1 : tools.mostRequests;
    const result = await mintAndStore(current, claim, configuration, { ...tools, mostRequests });
    const stored = result.outcome === 'minted' ? result.parameter_version : undefined;
    await release({ failure: undefined, stored, rejections: rejectionsAfter(found, claim, now) });
    return result;
  } catch (error) {
    const wasAsked = error instanceof RefreshError && observations.attempts > attempts;
    if (!wasAsked) {
      await release({});
      throw error;
    }
    const failed = {
      source: found.source,
      now: unixSeconds(clock.now()),
      checkEvery: configuration.checkEvery,
    };
    const remembered = rememberFailure(error, claim.failure, failed);
    await release({ failure: remembered });
    const { checks_from } = remembered;
    throw error.until(checks_from === undefined ? undefined : checks_from * 1_000);
  }
}

/** The result of a run that keeps a rejected token, because it was minted too recently. */
function keepsRejected({ decision, stored }: Found, { rejections }: ClaimRecord, now: number) {
  if (decision.reason !== 'rejected' || !isTooSoon(rejections, now)) return undefined;
  // Stryker disable next-line ConditionalExpression: only a token that is stored can be rejected
  return stored.state === 'token' ? kept('just-minted', stored) : undefined;
}

/** @throws RefreshError as `requestsAfter` does */
function requestsAllowed({ unstored }: Found, { failure }: ClaimRecord, input: PauseInput) {
  // Storing what an earlier run minted needs no request.
  return unstored === undefined ? requestsAfter(failure, input) : undefined;
}

function claimFor(
  found: Found,
  before: ClaimRecord | undefined,
  { deadline, runId }: RefreshTools,
): ClaimRecord {
  const { stored, decision } = found;
  const replaces = versionOf(stored);
  return {
    owner: runId,
    replaces,
    expires_at: unixSeconds(deadline) + STORE_RESERVE_SECONDS + CLAIM_MARGIN_SECONDS,
    // With another version stored, a mint has succeeded since.
    failure: before?.replaces === replaces ? before.failure : undefined,
    rejections: before?.rejections,
    former: formerToken(stored, decision.reason),
  };
}

/** The streak after a mint that began at `now` (Unix time in seconds). A run that dies before it mints adds nothing. */
function rejectionsAfter(
  found: Found,
  { rejections }: ClaimRecord,
  now: number,
): RejectionStreak | undefined {
  return found.decision.reason === 'rejected' ? nextRejection(rejections, now) : rejections;
}
