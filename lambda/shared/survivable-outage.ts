import { leastValidity, type RefreshPolicy, refreshMargin } from './refresh-margin.ts';
import { latestAttempt, SCHEDULE_PRECISION_SECONDS } from './time-budget.ts';

/**
 * Seconds from the end of an outage to the next stored token while a run tries again: a request that hung until its time limit,
 * the wait after it, and the next attempt. 30 + 120 + 30.
 */
export const RECOVERY_SECONDS = 180;

/**
 * Longest outage of the token endpoint, in seconds, that surely ends before a token of this lifetime (seconds) expires,
 * whenever it begins. 0 if even a short one may be too long. docs/reliability.md explains the formula.
 */
export function survivableOutage(lifetime: number, policy: RefreshPolicy): number {
  const { checkEvery } = policy;
  // From the start of each run, attempts follow each other for so long. With a long checkEvery, a break follows.
  const attempting = latestAttempt(checkEvery) - SCHEDULE_PRECISION_SECONDS;
  const breakAfter = checkEvery - attempting;
  // A token that becomes due before the next check, in the run that minted it, waits for that check.
  const leftAtFirstAttempt = Math.min(
    refreshMargin(lifetime, policy) - breakAfter,
    lifetime - leastValidity(checkEvery),
  );
  // The token may expire in a break.
  const idleAtEnd = Math.max(0, (leftAtFirstAttempt % checkEvery) - attempting);
  return Math.max(0, Math.floor(leftAtFirstAttempt - idleAtEnd - RECOVERY_SECONDS));
}
