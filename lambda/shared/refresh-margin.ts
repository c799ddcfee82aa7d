import { SCHEDULE_PRECISION_SECONDS } from './time-bounds.ts';

/** When tokens are replaced, in seconds. */
export interface Policy {
  /** From one check to the next. */
  readonly checkEvery: number;
  /** Validity left at which a token is replaced. */
  readonly refreshBefore: number;
}

/**
 * Seconds of validity at which a token of this lifetime is replaced. Half the lifetime bounds it, so that a
 * short-lived token is not minted on every check; `checkEvery` and the schedule's precision bound it from
 * below, so that none expires between two checks.
 */
export function refreshMargin(lifetime: number, { checkEvery, refreshBefore }: Policy): number {
  return Math.max(Math.min(refreshBefore, lifetime / 2), leastValidity(checkEvery));
}

/** Whether a token of this lifetime (seconds) survives from one check to the next. */
export function canBeKeptAlive(lifetime: number, { checkEvery }: Policy): boolean {
  return lifetime > leastValidity(checkEvery);
}

function leastValidity(checkEvery: number): number {
  return checkEvery + SCHEDULE_PRECISION_SECONDS;
}
