import { expect, test } from 'vitest';
import { survivableOutage } from '../../../lambda/shared/survivable-outage.ts';

// In seconds: lifetime, checkEvery, refreshBefore, and the longest outage that surely ends in time.
test.for([
  ['refreshBefore less three minutes at the defaults', 3_600, 300, 1_800, 1_620],
  ['half of a short lifetime less three minutes', 1_201, 300, 1_800, 420],
  ['less if the token must wait for the next check', 600, 300, 1_800, 60],
  ['nothing if the token lasts just longer than a check', 500, 300, 1_800, 0],
  ['less the break between the runs of a long checkEvery', 14_400, 1_800, 3_600, 2_400],
  ['no longer if the token then expires in such a break', 14_400, 1_800, 3_700, 2_400],
] as const)('an outage is survived for %s', ([, lifetime, checkEvery, refreshBefore, expected]) => {
  expect(survivableOutage(lifetime, { checkEvery, refreshBefore })).toBe(expected);
});
