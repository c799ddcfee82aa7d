import type { RefreshPolicy } from './refresh-margin.ts';
import { RUN_TIMEOUT_SECONDS, SCHEDULE_PRECISION_SECONDS } from './time-budget.ts';

/**
 * Most periods without data before an alarm fires, even if it evaluates only one period. CloudWatch retrieves more periods
 * than it evaluates. It does not say how many: three and four have been seen.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export const RETRIEVED_PERIODS = 4;

/** Upper estimate of the time from a log line to the notification: metric, alarm and topic. In seconds. */
export const DELIVERY_SECONDS = 180;

/** Longest time from one check to the next, in seconds. A period of this length without a check means a fault. */
export function alarmPeriod(checkEvery: number): number {
  return checkEvery + SCHEDULE_PRECISION_SECONDS;
}

/**
 * Remaining validity, in seconds, below which `TokenExpiring` fires: half of `refreshBefore` less the minute that a run may
 * take, but at least `checkEvery`. If the token's lifetime is at least `refreshBefore`, every successful run leaves more:
 * the refresh margin less that minute.
 */
export function expiryThreshold({ checkEvery, refreshBefore }: RefreshPolicy): number {
  return Math.floor(Math.max(refreshBefore / 2, alarmPeriod(checkEvery)) - RUN_TIMEOUT_SECONDS);
}

/**
 * Least refresh margin, in seconds, that lets an alarm fire before the token expires. If checks stop, it fires after the
 * retrieved periods. If they fail, it fires at the latest one check after the validity drops below the threshold.
 */
export function leastMarginToPage(checkEvery: number): number {
  const stopped = RETRIEVED_PERIODS * alarmPeriod(checkEvery) + DELIVERY_SECONDS;
  const failing = 2 * (alarmPeriod(checkEvery) + 2 * RUN_TIMEOUT_SECONDS + DELIVERY_SECONDS);
  return Math.max(stopped, failing);
}

/**
 * Failed checks in a row after which `RefreshFailing` fires. A single failure may pass by itself. Two are enough if the
 * third could already find the token below the threshold.
 */
export function checksBeforeWarning({ checkEvery, refreshBefore }: RefreshPolicy): number {
  return 3 * alarmPeriod(checkEvery) < refreshBefore / 2 ? 3 : 2;
}
