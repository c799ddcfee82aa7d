import type { Policy } from './refresh-margin.ts';
import { RUN_TIMEOUT_SECONDS, SCHEDULE_PRECISION_SECONDS } from './time-bounds.ts';

/**
 * Periods that CloudWatch looks at before it takes missing data for a fault, in an alarm that evaluates one: it retrieves
 * more than an alarm evaluates, five for three in its own example.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const RETRIEVED_PERIODS = 3;

/** Time that a metric takes from the log to the alarm, and the alarm to its topic, in seconds, on the safe side. */
const DELIVERY_SECONDS = 180;

/** Seconds from one check to the next at most: every such period holds one, so that a period without is a fault. */
export function alarmPeriod(checkEvery: number): number {
  return checkEvery + SCHEDULE_PRECISION_SECONDS;
}

/**
 * Seconds of validity after a run below which a token is about to expire: half of `refreshBefore`, at least
 * `checkEvery`. No run that succeeds reports less, as long as tokens live for `refreshBefore` at least: it leaves them with
 * half of that or with what has to last until the next check, whichever is more, and takes a minute at most itself.
 */
export function expiryThreshold({ checkEvery, refreshBefore }: Policy): number {
  return Math.floor(Math.max(refreshBefore / 2, alarmPeriod(checkEvery)) - RUN_TIMEOUT_SECONDS);
}

/**
 * Seconds of validity that have to be left when a token is due, so that somebody is paged before it expires: where
 * checks stop, after the periods that CloudWatch waits for; where they fail, one check below the threshold at the latest.
 */
export function leastMarginToPage(checkEvery: number): number {
  const stopped = RETRIEVED_PERIODS * alarmPeriod(checkEvery) + DELIVERY_SECONDS;
  const failing = 2 * (alarmPeriod(checkEvery) + 2 * RUN_TIMEOUT_SECONDS + DELIVERY_SECONDS);
  return Math.max(stopped, failing);
}

/**
 * Checks in a row that have to fail before a warning: more than one, which may be a passing fault, and three at most. Two are
 * enough where the third might find the token below the threshold already.
 */
export function checksBeforeWarning({ checkEvery, refreshBefore }: Policy): number {
  return 3 * alarmPeriod(checkEvery) < refreshBefore / 2 ? 3 : 2;
}
