import { expect, test } from 'vitest';
import {
  alarmPeriod,
  checksBeforeWarning,
  expiryThreshold,
  leastMarginToPage,
} from '../../../lambda/shared/alarm-thresholds.ts';

test('the period of an alarm is the longest time between two checks', () => {
  expect(alarmPeriod(300)).toBe(360);
});

// In seconds.
test.for([
  ['half of refreshBefore, less a minute', 300, 1_800, 840],
  ['checkEvery, if that is longer', 300, 600, 300],
  ['a whole number', 300, 1_801, 840],
] as const)('TokenExpiring fires below %s', ([, checkEvery, refreshBefore, threshold]) => {
  expect(expiryThreshold({ checkEvery, refreshBefore })).toBe(threshold);
});

test.for([
  ['four periods without a check', 300, 4 * 360 + 180],
  ['two periods with slow checks, if checkEvery is short', 60, 2 * (120 + 120 + 180)],
] as const)(
  'an alarm fires in time if the margin is at least %s and the delivery',
  ([, checkEvery, margin]) => {
    expect(leastMarginToPage(checkEvery)).toBe(margin);
  },
);

test.for([
  [2, 1_800],
  [2, 2_160],
  [3, 2_162],
] as const)(
  'RefreshFailing fires after %i failed checks if refreshBefore is %i',
  ([checks, refreshBefore]) => {
    expect(checksBeforeWarning({ checkEvery: 300, refreshBefore })).toBe(checks);
  },
);
