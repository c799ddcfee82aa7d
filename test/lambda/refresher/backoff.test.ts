import { expect, test } from 'vitest';
import { backoffDelay, parseRetryAfter } from '../../../lambda/refresher/backoff.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');

test.for<[string | null, number | undefined]>([
  ['3', 3_000],
  ['0', 0],
  [' 120 ', 120_000],
  ['Tue, 01 Jan 2030 00:01:00 GMT', 60_000],
  ['Mon, 31 Dec 2029 23:59:00 GMT', 0],
  ['-5', undefined],
  ['1.5', undefined],
  ['99999999999999999999', 86_400_000],
  ['Fri, 31 Dec 2999 23:59:59 GMT', 86_400_000],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('reads Retry-After %j as %j ms', ([header, expected]) => {
  expect(parseRetryAfter(header, NOW)).toBe(expected);
});

test('doubles the bound of each wait from one second up to twenty', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffDelay(attempt, undefined, () => 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
});

test('spreads each wait over its whole range', () => {
  expect(backoffDelay(3, undefined, () => 0)).toBe(0);
  expect(backoffDelay(3, undefined, () => 0.5)).toBe(2_000);
});

test('does what Retry-After asks instead', () => {
  expect(backoffDelay(1, 7_000, () => 1)).toBe(7_000);
});
