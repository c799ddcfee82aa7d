import { expect, test } from 'vitest';
import { duration, instant } from '../../../cli/terminal/time.ts';

test.for([
  [-5, '0 s'],
  [0, '0 s'],
  [59.9, '59 s'],
  [60, '1 min'],
  [599, '9 min 59 s'],
  [659, '10 min'],
  [3_600, '1 h'],
  [3_661, '1 h 1 min'],
  [90_000, '1 d 1 h'],
] as const)('%d seconds are shown as %s', ([seconds, text]) => {
  expect(duration(seconds)).toBe(text);
});

test('an instant is shown in UTC', () => {
  expect(instant(1_800_003_600)).toBe('2027-01-15 09:00:00 UTC');
});
