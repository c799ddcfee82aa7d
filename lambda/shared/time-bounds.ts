/**
 * What is added to `checkEvery` to get the least validity that has to be left after a check, in seconds. EventBridge
 * Scheduler fires within 60 seconds of the planned time, so the next check may be that much later.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
 */
export const SCHEDULE_PRECISION_SECONDS = 60;

/**
 * Time for a run, in seconds. Minting backs off inside it, and it ends before the next check can begin (`checkEvery` is
 * at least a minute), so that two runs do not mint side by side.
 */
export const RUN_TIMEOUT_SECONDS = 60;
