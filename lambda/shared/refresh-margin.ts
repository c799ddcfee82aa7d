import { SCHEDULE_PRECISION_SECONDS } from './time-budget.ts';

/** When tokens are replaced, in seconds. */
export interface RefreshPolicy {
  /** From one check to the next. */
  readonly checkEvery: number;
  /** Remaining validity at which a token is replaced. */
  readonly refreshBefore: number;
}

/**
 * Remaining validity, in seconds, at which a token of this lifetime is replaced. Half the lifetime caps `refreshBefore`:
 * otherwise every check would replace a short-lived token. The token must also last until the next check, even a late one.
 */
export function refreshMargin(lifetime: number, { checkEvery, refreshBefore }: RefreshPolicy): number {
  return Math.max(Math.min(refreshBefore, lifetime / 2), leastValidity(checkEvery));
}

/** When a token is due to be replaced. Unix time in seconds, perhaps with half a second. */
export function dueAt(
  { issued_at, expires_at }: { readonly issued_at: number; readonly expires_at: number },
  policy: RefreshPolicy,
): number {
  return expires_at - refreshMargin(expires_at - issued_at, policy);
}

/** Whether a token of this lifetime (seconds) lasts from one check to the next. */
export function canBeKeptAlive(lifetime: number, { checkEvery }: RefreshPolicy): boolean {
  return lifetime > leastValidity(checkEvery);
}

/** Seconds that a token must be valid to last until the next check, even a late one. */
export function leastValidity(checkEvery: number): number {
  return checkEvery + SCHEDULE_PRECISION_SECONDS;
}
