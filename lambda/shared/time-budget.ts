/**
 * EventBridge Scheduler invokes within 60 seconds of the planned time.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
 */
export const SCHEDULE_PRECISION_SECONDS = 60;

/** Time limit of one check, in seconds. `checkEvery` is at least as long. */
export const RUN_TIMEOUT_SECONDS = 60;

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html */
const LONGEST_FUNCTION_SECONDS = 900;

/**
 * Time limit of the function, in seconds. A run may wait for the end of a token that expires before the next check, even a
 * late one. After that, it needs the time of one more check. See `hold-open.ts`.
 */
export function functionTimeout(checkEvery: number): number {
  return Math.min(checkEvery + SCHEDULE_PRECISION_SECONDS + RUN_TIMEOUT_SECONDS, LONGEST_FUNCTION_SECONDS);
}

/**
 * Seconds from the end of a failed attempt to the next one in the same run: after the first, and after each further one. The sum
 * of a request that hangs until its time limit and the longest wait is less than three minutes.
 */
export const RETRY_WAIT_SECONDS = [60, 120] as const;

/** Seconds from the start of a run to the latest attempt in it. If possible, that is when the next check has surely started. */
export function latestAttempt(checkEvery: number): number {
  return functionTimeout(checkEvery) - RUN_TIMEOUT_SECONDS;
}

/** Time limit of the look at the stored token before a minted one is written, in milliseconds. */
export const SECOND_LOOK_MS = 2_000;

/** The longest `checkEvery`, in seconds, with which a run can always wait for the end of a token. */
export const LONGEST_HELD_CHECK_SECONDS =
  LONGEST_FUNCTION_SECONDS - SCHEDULE_PRECISION_SECONDS - RUN_TIMEOUT_SECONDS;

/**
 * The write of a minted token. It has more attempts than other calls, because a lost token costs another mint.
 * Longest case: every attempt is answered just before its time limit with a throttling error, and the SDK waits as long as it
 * may. Its waits are at most 1, 2 and 4 seconds: 4 × 2 s + 7 s = 15 s.
 */
export const TOKEN_WRITE = { maxAttempts: 4, attemptMs: 2_000, totalMs: 15_000 } as const;

/** Time limit of the release of a claim after a failure, in milliseconds. */
export const CLAIM_RELEASE_MS = 2_000;

/** Reserved at the end of a run, in seconds, for the three steps above, and one second for the log. */
export const STORE_RESERVE_SECONDS = (SECOND_LOOK_MS + TOKEN_WRITE.totalMs + CLAIM_RELEASE_MS) / 1_000 + 1;
