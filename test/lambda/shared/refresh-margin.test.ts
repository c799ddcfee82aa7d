import { expect, test } from 'vitest';
import { canBeKeptAlive, dueAt, refreshMargin } from '../../../lambda/shared/refresh-margin.ts';

const POLICY = { checkEvery: 300, refreshBefore: 1_800 };

// In seconds. A check comes within 360 seconds.
test.for([
  ['refreshBefore', 7_200, 1_800],
  ['refreshBefore, if that is half of its lifetime', 3_600, 1_800],
  ['half of a shorter lifetime', 1_201, 600.5],
  ['the time to the next check, if half of its lifetime is less', 700, 360],
  ['the time to the next check, even if it does not live that long', 300, 360],
] as const)('a token is replaced %s before it expires', ([, lifetime, margin]) => {
  expect(refreshMargin(lifetime, POLICY)).toBe(margin);
  const issued_at = 1_800_000_000;
  expect(dueAt({ issued_at, expires_at: issued_at + lifetime }, POLICY)).toBe(issued_at + lifetime - margin);
});

test.for([
  [360, false],
  [361, true],
] as const)('a token that is valid for %i seconds lasts until the next check: %s', ([lifetime, lasts]) => {
  expect(canBeKeptAlive(lifetime, POLICY)).toBe(lasts);
});
