import { expect, test } from 'vitest';
import { lastRunOf } from '../../../cli/deployed/read-run-metrics.ts';

const NOW = 1_800_000_000_000;
const NONE = { Minted: [], Kept: [], Failed: [], PreviousCredentialsUsed: [], SameToken: [] };
const minute = (ago: number) => NOW - ago * 60_000;

test.for<[minutes: Partial<Parameters<typeof lastRunOf>[0]>, outcome: string | undefined]>([
  [{ Kept: [minute(2), minute(7)] }, 'kept'],
  [{ Minted: [minute(2)], Kept: [minute(7)] }, 'minted'],
  [{ Failed: [minute(2)], Kept: [minute(7)] }, 'failed'],
  // A retry in the same run succeeded.
  [{ Failed: [minute(3)], Minted: [minute(2)] }, 'minted'],
  // Without a doubt, the log need not be read. These leave one.
  [{}, undefined],
  [{ Failed: [minute(7)], Kept: [minute(2)] }, undefined],
  [{ Failed: [minute(2)], Minted: [minute(2)] }, undefined],
  [{ Kept: [minute(2)], SameToken: [minute(2)] }, undefined],
  [{ Kept: [minute(2)], PreviousCredentialsUsed: [minute(7)] }, undefined],
])('metrics in the minutes %j say that the last run ended as: %s', ([minutes, outcome]) => {
  expect(lastRunOf({ ...NONE, ...minutes }, NOW)?.outcome).toBe(outcome);
});

test('a run in the current minute is not in the future', () => {
  expect(lastRunOf({ ...NONE, Kept: [NOW - 10_000] }, NOW)?.at).toBe(NOW);
});
