import { describe, expect, test } from 'vitest';
import { createRetryPace, type Transient } from '../../../lambda/reader/retry-pace.ts';

const SECOND = 1_000;
const START = 1_800_000_000_000;

function createPace(jitter: number) {
  let now = START;
  const pace = createRetryPace({ now: () => now, random: () => jitter, sleep: async () => undefined });
  return {
    pace,
    to: (seconds: number) => {
      now = START + seconds * SECOND;
    },
    /** Seconds from a failure until the next attempt. */
    fail(reason: Transient, startedAt = (now - START) / SECOND): number {
      pace.failed(reason, START + startedAt * SECOND);
      return (pace.nextAt - START) / SECOND - startedAt;
    },
  };
}

describe('the wait before the next attempt', () => {
  test.for<[string, Transient, number, readonly number[]]>([
    ['doubles up to 9 seconds while Parameter Store fails', 'failing', 1, [1, 2, 4, 8, 9, 9]],
    ['is half as long at least while Parameter Store fails', 'failing', 0, [0.5, 1, 2, 4, 4.5, 4.5]],
    ['doubles up to 40 seconds while Parameter Store throttles', 'throttled', 1, [2, 4, 8, 16, 32, 40, 40]],
    [
      'is a third as long at least while Parameter Store throttles',
      'throttled',
      0,
      [2, 4, 8, 16, 32, 40, 40].map((seconds) => seconds / 3),
    ],
  ])('%s', ([, reason, jitter, expected]) => {
    const { fail } = createPace(jitter);
    for (const seconds of expected) expect(fail(reason)).toBeCloseTo(seconds);
  });

  test('stays as long as after throttling when Parameter Store then fails', () => {
    const { fail } = createPace(1);
    for (let count = 0; count < 5; count += 1) fail('throttled');
    expect(fail('failing')).toBe(32);
    expect(fail('failing')).toBe(32);
    expect(fail('throttled')).toBe(40);
  });

  test('continues at twice its length when Parameter Store throttles after an outage', () => {
    const { fail } = createPace(1);
    for (let count = 0; count < 8; count += 1) fail('failing');
    expect(fail('throttled')).toBe(18);
  });

  test('is short again after an answer', () => {
    const { pace, fail } = createPace(1);
    for (let count = 0; count < 8; count += 1) fail('failing');
    pace.answered();
    expect(fail('failing')).toBe(1);
  });

  test.for([
    [120, 2],
    [120.001, 1],
    // The clock was set back.
    [-0.001, 1],
    [0, 2],
  ] as const)('after a failure %d seconds ago is %d seconds', ([ago, expected]) => {
    const { to, fail } = createPace(1);
    fail('failing');
    to(ago);
    expect(fail('failing')).toBe(expected);
  });
});

describe('a pace', () => {
  test('fails from the first failure until an answer', () => {
    const { pace, fail } = createPace(1);
    expect(pace.isFailing).toBe(false);
    fail('throttled');
    expect(pace.isFailing).toBe(true);
    pace.answered();
    expect(pace.isFailing).toBe(false);
  });

  test.for([
    [0, true],
    [0.999, true],
    [1, false],
    // The clock was set back.
    [-0.001, false],
  ] as const)(
    '%d seconds after a failure, which asks for a wait of one second, is paused: %j',
    ([seconds, expected]) => {
      const { pace, to, fail } = createPace(1);
      expect(pace.isPaused()).toBe(false);
      fail('failing');
      to(seconds);
      expect(pace.isPaused()).toBe(expected);
      expect(pace.untilNext()).toBe(expected ? Math.round((1 - seconds) * SECOND) : 0);
      pace.answered();
      expect(pace.isPaused()).toBe(false);
      expect(pace.untilNext()).toBe(0);
    },
  );

  test('knows since when Parameter Store has failed, and failed in the same way', () => {
    const { pace, fail } = createPace(1);
    const sinceAfter = (reason: Transient, startedAt: number) => {
      fail(reason, startedAt);
      return [(pace.since - START) / SECOND, (pace.sinceReason - START) / SECOND];
    };
    expect(sinceAfter('failing', -2)).toEqual([-2, -2]);
    expect(sinceAfter('failing', 5)).toEqual([-2, -2]);
    expect(sinceAfter('throttled', 6)).toEqual([-2, 6]);
    expect(sinceAfter('throttled', 7)).toEqual([-2, 6]);
    expect(sinceAfter('failing', 8)).toEqual([-2, 8]);
    pace.answered();
    expect(sinceAfter('failing', 9)).toEqual([9, 9]);
    expect(sinceAfter('failing', 500)).toEqual([500, 500]);
    // The clock was set back.
    expect(sinceAfter('failing', 100)).toEqual([100, 100]);
  });
});
