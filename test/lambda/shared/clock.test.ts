import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock, unixSeconds } from '../../../lambda/shared/clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_800_000_000_123 });
});
afterEach(() => {
  vi.useRealTimers();
});

test('the clock of the system tells the time in milliseconds', () => {
  expect(systemClock.now()).toBe(1_800_000_000_123);
});

test('a sleep ends after its time', async () => {
  let awake = false;
  const sleeping = systemClock.sleep(1_000).then(() => {
    awake = true;
  });
  await vi.advanceTimersByTimeAsync(999);
  expect(awake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await sleeping;
  expect(awake).toBe(true);
});

test.for([
  [1_500.9, 1_500],
  [0, 0],
  [-5, 0],
] as const)(
  'a time limit of %f milliseconds is set to %i, because Node.js accepts no other',
  ([asked, set]) => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    expect(systemClock.timeout(asked)).toBe(timeout.mock.results[0]?.value);
    expect(timeout).toHaveBeenCalledExactlyOnceWith(set);
  },
);

test.for([
  [1_999, 1],
  [2_000, 2],
] as const)('%i milliseconds are %i whole seconds', ([milliseconds, seconds]) => {
  expect(unixSeconds(milliseconds)).toBe(seconds);
});
