import { expect, test } from 'vitest';
import type { RejectionStreak } from '../../../lambda/refresher/claim-record.ts';
import { isTooSoon, nextRejection } from '../../../lambda/refresher/rejection-streak.ts';

const NOW = 1_800_000_000;
const streak = (count: number): RejectionStreak => ({ count, at: NOW });

test('the first rejected token is replaced at once', () => {
  expect(isTooSoon(undefined, NOW)).toBe(false);
  expect(nextRejection(undefined, NOW)).toEqual(streak(1));
});

test.for([
  [1, 60],
  [2, 120],
  [3, 240],
  [6, 1_920],
  [7, 3_600],
  [100, 3_600],
] as const)('after %i rejections in a row, the next one is acted on after %i seconds', ([count, pause]) => {
  expect(isTooSoon(streak(count), NOW + pause - 1)).toBe(true);
  expect(isTooSoon(streak(count), NOW + pause)).toBe(false);
  // A token that was accepted for as long as the pause ends the row.
  expect(nextRejection(streak(count), NOW + 2 * pause - 1)).toEqual({
    count: count + 1,
    at: NOW + 2 * pause - 1,
  });
  expect(nextRejection(streak(count), NOW + 2 * pause)).toEqual({ count: 1, at: NOW + 2 * pause });
});

test('an API that rejects every token at once causes 29 mints in its first day', () => {
  let row: RejectionStreak | undefined;
  let mints = 0;
  for (let second = 0; second < 86_400; second += 1) {
    if (isTooSoon(row, NOW + second)) continue;
    row = nextRejection(row, NOW + second);
    mints += 1;
  }
  expect(mints).toBe(29);
});
