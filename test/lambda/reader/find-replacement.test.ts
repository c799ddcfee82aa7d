import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createReplacementSearch } from '../../../lambda/reader/find-replacement.ts';
import { createRejectionStreak } from '../../../lambda/reader/rejection-streak.ts';
import type { Report, Reported } from '../../../lambda/reader/report-rejected.ts';
import { createTokenCache, type TokenCache } from '../../../lambda/reader/token-cache.ts';
import { createModelStore, type ModelStore } from '../../support/model-store.ts';
import { createSimulatedTime, type SimulatedTime } from '../../support/simulated-time.ts';

let time: SimulatedTime;
let store: ModelStore;
let cache: TokenCache;
let reports: number;

beforeEach(async () => {
  time = createSimulatedTime();
  store = createModelStore(time);
  put('first');
  reports = 0;
  cache = createTokenCache('/a/b', store.load, undefined, seams());
  await cache.get();
});

const seams = () => ({ now: time.now, sleep: time.sleep, random: () => 1 });
const EXPECTED: Reported = { type: 'answered', replacement: 'expected' };
const NONE: Reported = { type: 'answered', replacement: 'none' };
const FAILED: Reported = {
  type: 'failed',
  failure: { code: 'REPORT_FAILED', text: 'of the test' },
  replacement: 'expected',
};

function put(access_token: string): void {
  const issued_at = Math.floor(time.now() / 1_000);
  const expires_at = issued_at + 3_600;
  store.token = { access_token, token_type: 'Bearer', source: '', issued_at, expires_at };
}
function createSearch(reported?: Reported, onReport: () => void = () => undefined) {
  const report: Report | undefined =
    reported &&
    (async () => {
      reports += 1;
      onReport();
      return reported;
    });
  return createReplacementSearch(cache, report, createRejectionStreak(seams()), 10_000, seams());
}
/** Searches: what it finds, how long it takes in seconds, and the moments of its loads. */
async function searched(search: (token: string) => Promise<string | undefined>, token = 'first') {
  const startedAt = time.now();
  const before = store.requests.length;
  const found = await time.until(search(token));
  const seconds = (time.now() - startedAt) / 1_000;
  const loads = store.requests.slice(before).map((at) => (at - startedAt) / 1_000);
  return { found, seconds, loads };
}

describe('a search for the replacement of a rejected token', () => {
  test('finds another token in memory without a load', async () => {
    expect(await searched(createSearch(EXPECTED), 'former')).toEqual({
      found: 'first',
      seconds: 0,
      loads: [],
    });
  });

  test('finds a stored token without a report', async () => {
    put('second');
    expect(await searched(createSearch(EXPECTED))).toEqual({ found: 'second', seconds: 0, loads: [0] });
    expect(reports).toBe(0);
  });

  test('loads at once after a report', async () => {
    const search = createSearch(EXPECTED, () => put('second'));
    expect(await searched(search)).toEqual({ found: 'second', seconds: 0, loads: [0, 0] });
    expect(reports).toBe(1);
  });

  test('reports once, and looks again after longer and longer waits, until its time is up', async () => {
    const search = createSearch(EXPECTED);
    expect(await searched(search)).toEqual({ found: undefined, seconds: 7, loads: [0, 0, 1, 3, 7] });
    expect(reports).toBe(1);
  });

  test('ends if the wait would end with its time', async () => {
    const search = createReplacementSearch(
      cache,
      async () => EXPECTED,
      createRejectionStreak(seams()),
      3_000,
      seams(),
    );
    expect(await searched(search)).toEqual({ found: undefined, seconds: 1, loads: [0, 0, 1] });
  });

  test.for([
    ['begins although there is no time for it, and goes on after its caller', 0, 0],
    ['loads after a report that took longer than its time', 3_000, 3],
  ] as const)('%s', async ([, timeout, seconds]) => {
    const report: Report = async () => {
      await time.sleep(5_000);
      put('second');
      return EXPECTED;
    };
    const streak = createRejectionStreak(seams());
    const search = createReplacementSearch(cache, report, streak, timeout, seams());
    expect(await searched(search)).toEqual({ found: undefined, seconds, loads: [0] });
    await time.advance(5_000);
    expect(cache.otherThan('first')).toBe('second');
    await time.advance(60_000);
    expect(store.requests).toHaveLength(3);
  });

  test('does not begin if the next attempt comes after its time', async () => {
    store.state = 'throttling';
    await cache.load();
    store.state = 'up';
    for (const [timeout, loads] of [
      [2_000, 0],
      [2_001, 1],
    ] as const) {
      const streak = createRejectionStreak(seams());
      const search = createReplacementSearch(cache, undefined, streak, timeout, seams());
      expect((await searched(search)).loads).toHaveLength(loads);
    }
  });

  test('finds a token that is stored while it waits', async () => {
    void time.sleep(2_500).then(() => put('second'));
    expect(await searched(createSearch(EXPECTED))).toMatchObject({ found: 'second', seconds: 3 });
  });

  test('ends after the report if no other token is on its way', async () => {
    expect(await searched(createSearch(NONE))).toEqual({ found: undefined, seconds: 0, loads: [0, 0] });
  });

  test('makes later reads look for another token', async () => {
    await searched(createSearch(NONE));
    put('second');
    await time.advance(90_000);
    expect(await time.until(cache.get())).toBe('second');
  });

  test('ends after a load if nobody can report', async () => {
    expect(await searched(createSearch())).toEqual({ found: undefined, seconds: 0, loads: [0] });
  });

  test('reports only when a load was answered', async () => {
    store.state = 'throttling';
    void time.sleep(1_000).then(() => {
      expect(reports).toBe(0);
      store.state = 'up';
    });
    const search = createSearch(NONE);
    expect(await searched(search)).toEqual({ found: undefined, seconds: 2, loads: [0, 2, 2] });
    expect(reports).toBe(1);
  });

  test('reports if the parameter no longer exists', async () => {
    store.token = undefined;
    await searched(createSearch(NONE));
    expect(reports).toBe(1);
  });

  test('waits for the next attempt if the latest load was throttled', async () => {
    store.state = 'throttling';
    await cache.load();
    await time.advance(500);
    store.state = 'up';
    expect(await searched(createSearch(NONE))).toEqual({ found: undefined, seconds: 1.5, loads: [1.5, 1.5] });
  });

  test.for([
    ['emits a warning if the report fails, and goes on', FAILED, 1],
    ['emits no warning if the report is answered', EXPECTED, 0],
  ] as const)('%s', async ([, reported, expected]) => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    expect((await searched(createSearch(reported))).loads).toHaveLength(5);
    expect(warnings).toHaveBeenCalledTimes(expected);
  });
});

describe('the next search', () => {
  test('for the same token makes no load for 1, 2, 4 and more seconds, up to 90', async () => {
    const search = createSearch(NONE);
    const waits: number[] = [];
    for (let second = 0, latest = 0; second < 400; second += 1) {
      if ((await searched(search)).loads.length > 0) {
        waits.push(second - latest);
        latest = second;
      }
      await time.advance(1_000);
    }
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 90, 90, 90].slice(0, waits.length));
    expect(waits.length).toBeGreaterThan(9);
  });

  test('for another token loads at once', async () => {
    const search = createSearch(NONE);
    await searched(search);
    put('second');
    await time.until(cache.load());
    expect((await searched(search, 'second')).loads).toEqual([0, 0]);
    // The waits begin again.
    await time.advance(1_000);
    expect((await searched(search, 'second')).loads).not.toEqual([]);
  });

  test('does not report during a pause, which each replaced token begins', async () => {
    const search = createSearch(EXPECTED);
    for (const next of ['second', 'third']) {
      put(next);
      const rejected = next === 'second' ? 'first' : 'second';
      expect((await searched(search, rejected)).found).toBe(next);
    }
    expect(await searched(search, 'third')).toEqual({ found: undefined, seconds: 0, loads: [0] });
    expect(reports).toBe(0);
    await time.advance(90_000);
    await searched(search, 'third');
    expect(reports).toBe(1);
  });

  test('reports at once if a token was accepted for ten minutes, although others were replaced before', async () => {
    const search = createSearch(EXPECTED);
    const replace = async (rejected: string, next: string) => {
      put(next);
      expect((await searched(search, rejected)).found).toBe(next);
    };
    await replace('first', 'second');
    await replace('second', 'third');
    await time.advance(600_000);
    await replace('third', 'fourth');
    await searched(search, 'fourth');
    expect(reports).toBe(1);
  });

  test('counts a reported token once', async () => {
    let count = 1;
    const search = createSearch(EXPECTED, () => {
      count += 1;
      put(`token-${count}`);
    });
    await searched(search);
    await searched(search, 'token-2');
    // `countReports` counts them, and the search does not.
    expect(reports).toBe(2);
    await searched(search, 'token-3');
    expect(reports).toBe(3);
  });
});
