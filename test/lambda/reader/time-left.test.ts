import { expect, test } from 'vitest';
import { startTime } from '../../../lambda/reader/time-left.ts';

test.for([
  ['is all left at its start', 0, 5_000],
  ['is left until its end', 4_999, 1],
  ['is not left at its end', 5_000, 0],
  ['is not left after its end', 6_000, -1_000],
  ['is not left if the clock was set back', -1, 0],
] as const)('a time limit of five seconds %s', ([, passed, expected]) => {
  let now = 1_800_000_000_000;
  const timeLeft = startTime(5_000, () => now);
  now += passed;
  expect(timeLeft()).toBe(expected);
});
