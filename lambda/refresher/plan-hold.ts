import type { RefreshPolicy } from '../shared/refresh-margin.ts';
import { functionTimeout, RUN_TIMEOUT_SECONDS, SCHEDULE_PRECISION_SECONDS } from '../shared/time-budget.ts';

/** What a run does about the end of the stored token. `too-long`: it ends before the next check, but a run cannot wait for it. */
export type HoldPlan = 'next-check' | 'hold' | 'too-long';

/** The plan for a token that ends at `until` (Unix time, seconds), in a run that began at `startedAt` (milliseconds). */
export function planHold(until: number, startedAt: number, { checkEvery }: RefreshPolicy): HoldPlan {
  const ahead = until - startedAt / 1_000;
  if (ahead > checkEvery + SCHEDULE_PRECISION_SECONDS) return 'next-check';
  return ahead + RUN_TIMEOUT_SECONDS <= functionTimeout(checkEvery) ? 'hold' : 'too-long';
}
