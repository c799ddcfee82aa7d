import type { Seams } from './seams.ts';

/** Why a load that may succeed in a moment has failed. */
export type Transient = 'throttled' | 'failing';

/**
 * The longest wait between attempts without a token to serve, in milliseconds. While Parameter Store fails, a container
 * cannot know how many others there are. With 9 seconds, one that reads each second recovers within 10. Throttling means
 * that there are many. With 40 seconds, a thousand make 37 attempts a second, and Parameter Store allows 40.
 * Source of the quota: https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const LONGEST_MS: Readonly<Record<Transient, number>> = { failing: 9_000, throttled: 40_000 };
/** The same for the first wait. Throttled reads come in crowds. */
const FIRST_MS: Readonly<Record<Transient, number>> = { failing: 1_000, throttled: 2_000 };
/** The shortest wait, as a fraction of the longest. After throttling, attempts spread more, to use all of the quota. */
const SHORTEST: Readonly<Record<Transient, number>> = { failing: 1 / 2, throttled: 1 / 3 };
/** Milliseconds, more than any wait between loads. After so long without a load, earlier failures say nothing. */
const STALE_MS = 120_000;

/** When to try again after failures in a row that may pass. All reads of a container share this pace. */
export function createRetryPace({ now, random }: Seams) {
  let latest: Transient | undefined;
  let longest = 0;
  /** Unix time, milliseconds. */
  let since = 0;
  let sinceReason = 0;
  let startedAt = 0;
  let nextAt = 0;

  return {
    /** Whether the latest load failed in a way that may pass. */
    get isFailing(): boolean {
      return latest !== undefined;
    },
    /** Unix time, milliseconds: the next attempt after a failure. */
    get nextAt(): number {
      return nextAt;
    },
    /** Unix time, milliseconds: the start of the first of the failures in a row. */
    get since(): number {
      return since;
    },
    /** Unix time, milliseconds: the same for the latest failures in a row with the same reason. */
    get sinceReason(): number {
      return sinceReason;
    },
    /** Whether to wait before the next attempt. If the clock was set back, the plan does not count. */
    isPaused: (): boolean => latest !== undefined && now() < nextAt && now() >= startedAt,
    /** What is left of that wait, in milliseconds. */
    untilNext(): number {
      return this.isPaused() ? nextAt - now() : 0;
    },
    /** Notes a load that failed. Waits count from its start, because it may have hung for seconds. */
    failed(reason: Transient, loadStartedAt: number): void {
      // If the clock was set back, earlier failures lie in the future and do not count.
      const isFirst =
        latest === undefined || loadStartedAt - startedAt > STALE_MS || loadStartedAt < startedAt;
      if (isFirst) {
        longest = FIRST_MS[reason] / 2;
        since = loadStartedAt;
      }
      if (isFirst || latest !== reason) sinceReason = loadStartedAt;
      latest = reason;
      // A failure does not take back the wait that throttling asked for.
      longest = Math.max(longest, Math.min(LONGEST_MS[reason], 2 * longest));
      startedAt = loadStartedAt;
      nextAt = startedAt + longest * (SHORTEST[reason] + (1 - SHORTEST[reason]) * random());
    },
    /** Notes a load that was answered. */
    answered(): void {
      latest = undefined;
    },
  };
}
