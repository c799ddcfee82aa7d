import { expect, test } from 'vitest';
import {
  firstWaitForNext,
  laterWaitForNext,
  retryDelay,
  spacing,
} from '../../../lambda/reader/load-waits.ts';

/** The waits without jitter, with half of it, and with all of it, in milliseconds. */
const waits = (wait: (random: () => number) => number) => [0, 0.5, 1].map((jitter) => wait(() => jitter));

test.for<[string, (random: () => number) => number, readonly number[]]>([
  ['the first load after the end of a token', firstWaitForNext, [1_000, 3_000, 5_000]],
  ['each further load after the end of a token', laterWaitForNext, [1_000, 2_000, 3_000]],
  ['the first repetition of a search', (random) => retryDelay(1, random), [0, 500, 1_000]],
  ['the second repetition of a search', (random) => retryDelay(2, random), [0, 1_000, 2_000]],
  ['a late repetition of a search', (random) => retryDelay(9, random), [0, 2_500, 5_000]],
  ['the load after one that brought a token', (random) => spacing(0, 90_000, random), [500, 750, 1_000]],
  ['the load after three in vain', (random) => spacing(3, 90_000, random), [4_000, 6_000, 8_000]],
  ['the load after many in vain', (random) => spacing(9, 90_000, random), [45_000, 67_500, 90_000]],
])('the waits before %s', ([, wait, expected]) => {
  expect(waits(wait)).toEqual(expected);
});
