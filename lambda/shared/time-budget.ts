/**
 * EventBridge Scheduler invokes within 60 seconds of the planned time.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
 */
export const SCHEDULE_PRECISION_SECONDS = 60;

/** Time limit of a run, in seconds. `checkEvery` is at least as long, so only a late or repeated event lets runs overlap. */
export const RUN_TIMEOUT_SECONDS = 60;

/** Time limit of the look at the stored token before a minted one is written, in milliseconds. */
export const SECOND_LOOK_MS = 2_000;

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
