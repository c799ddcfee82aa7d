import { describe, expect, test } from 'vitest';
import type { Load } from '../../../lambda/reader/load-parameter.ts';
import { countReports, createRejectionStreak } from '../../../lambda/reader/rejection-streak.ts';
import type { Reported } from '../../../lambda/reader/report-rejected.ts';
import { createTokenCache } from '../../../lambda/reader/token-cache.ts';

const START = 1_800_000_000;

function createStreak(jitter = 0) {
  const clock = { now: START };
  const seams = { now: () => clock.now * 1_000, random: () => jitter, sleep: async () => undefined };
  const streak = createRejectionStreak(seams);
  return {
    ...{ clock, seams, streak },
    /** Seconds until a report may be made. */
    pause(): number {
      const from = clock.now;
      while (!streak.mayReport()) clock.now += 1;
      const seconds = clock.now - from;
      clock.now = from;
      return seconds;
    },
  };
}

describe('the pause before the next report', () => {
  test.for<[number, readonly number[]]>([
    [0, [0, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]],
    [1, [0, 90, 180, 360, 720, 1_440, 2_880, 3_600, 3_600]],
  ])('doubles with each rejected token, from a minute to an hour (jitter %d)', ([jitter, expected]) => {
    const { clock, streak, pause } = createStreak(jitter);
    expect(pause()).toBe(0);
    const pauses = expected.map(() => {
      streak.rejected();
      streak.count();
      const seconds = pause();
      // The API goes on to reject the tokens meanwhile.
      for (let passed = 0; passed < seconds; passed += 30) {
        clock.now += 30;
        streak.rejected();
      }
      return seconds;
    });
    expect(pauses).toEqual(expected);
  });

  test.for<[string, number, number]>([
    ['goes on if another token is rejected after nearly ten minutes', 599, 360],
    ['ends if no token is rejected for ten minutes', 600, 0],
    ['ends if the clock was set back', -1, 0],
  ])('%s', ([, seconds, expected]) => {
    const { clock, streak, pause } = createStreak();
    streak.rejected();
    for (let count = 0; count < 6; count += 1) streak.count();
    expect(pause()).toBe(960);
    clock.now += seconds;
    streak.rejected();
    expect(pause()).toBe(expected === 0 ? 0 : 960 - seconds);
    streak.count();
    expect(pause()).toBe(expected === 0 ? 0 : 1_920);
  });
});

describe('looks for another token than a rejected one', () => {
  test('are 1, 2, 4 and more seconds apart, up to 90', () => {
    const { clock, streak } = createStreak(1);
    const waits: number[] = [];
    for (let look = 0; look < 9; look += 1) {
      streak.lookedInVain('token');
      const from = clock.now;
      while (!streak.mayLook('token')) clock.now += 0.5;
      waits.push(clock.now - from);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 90, 90]);
  });

  test.for<[string, (streak: ReturnType<typeof createStreak>) => void, boolean]>([
    ['wait after one that found none', () => undefined, false],
    ['do not wait if another token was rejected', ({ streak }) => streak.lookedInVain('other'), true],
    [
      'do not wait if the clock was set back',
      ({ clock }) => {
        clock.now -= 1;
      },
      true,
    ],
    [
      'wait no longer if several looks at the same time found none',
      ({ streak, clock }) => {
        streak.lookedInVain('token');
        clock.now += 1;
      },
      true,
    ],
  ])('%s', ([, then, expected]) => {
    const begun = createStreak(1);
    begun.streak.lookedInVain('token');
    then(begun);
    expect(begun.streak.mayLook('token')).toBe(expected);
  });
});

describe('a report', () => {
  const answered: Reported = { type: 'answered', replacement: 'none' };
  const failed: Reported = {
    type: 'failed',
    failure: { code: 'REPORT_FAILED', text: '' },
    replacement: 'expected',
  };
  const load: Load = async () => {
    const token = { access_token: 'held', token_type: 'Bearer', source: '' } as const;
    return { type: 'token', token: { ...token, issued_at: START, expires_at: START + 3_600 } };
  };

  test.for<[string, Reported, string, number]>([
    ['counts', answered, 'held', 60],
    ['that fails does not count', failed, 'held', 0],
    ['of a token that was replaced does not count', answered, 'former', 0],
  ])('%s, however many callers share it', async ([, reported, token, expected]) => {
    const { seams, streak, pause } = createStreak();
    const cache = createTokenCache('/a/b', load, undefined, seams);
    await cache.get();
    const report = countReports(async () => reported, cache, streak);
    streak.count();
    const shared = await Promise.all([report(token), report(token), report(token)]);
    expect(new Set(shared)).toEqual(new Set([reported]));
    expect(pause()).toBe(expected);
  });
});
