/**
 * EventBridge Scheduler invokes within 60 seconds of the planned time.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
 */
export const SCHEDULE_PRECISION_SECONDS = 60;

/** Time limit of a run, in seconds. `checkEvery` is at least as long, so scheduled runs do not overlap. */
export const RUN_TIMEOUT_SECONDS = 60;

/** Reserved at the end of a run to store the token, in seconds: three attempts of 4 seconds, and the SDK's backoff. */
export const STORE_RESERVE_SECONDS = 15;
