import { expect, test } from 'vitest';
import { backoffDelay } from '../../../lambda/refresher/backoff.ts';

test('doubles the bound of each wait, from one second up to twenty', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffDelay(attempt, 0, () => 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
});

test('draws each wait from its whole range', () => {
  expect(backoffDelay(3, 0, () => 0)).toBe(0);
  expect(backoffDelay(3, 0, () => 0.5)).toBe(2_000);
});

test('waits as long as Retry-After asks', () => {
  expect(backoffDelay(1, 7_000, () => 1)).toBe(7_000);
});

test.for([0, -1])('draws the wait if Retry-After asks for %d milliseconds', (asked) => {
  expect(backoffDelay(2, asked, () => 0.5)).toBe(1_000);
});
