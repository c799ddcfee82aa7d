import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHeldToken } from '../../../lambda/reader/held-token.ts';
import type { Load } from '../../../lambda/reader/load-parameter.ts';
import { createSuccession } from '../../../lambda/reader/succession.ts';
import { createTokenCache } from '../../../lambda/reader/token-cache.ts';
import type { TokenReader } from '../../../lambda/reader/token-reader.ts';
import { createModelStore } from '../../support/model-store.ts';
import {
  createStoredParameter,
  DOWN,
  type StoredParameter,
  THROTTLED,
} from '../../support/stored-parameter.ts';

let parameter: StoredParameter;

const SECOND = 1_000;
/** Seconds after the start at which the refresher replaces the token. */
const REFRESH = 1_800;

beforeEach(async () => {
  parameter = await createStoredParameter();
  await put('first');
});
afterEach(() => parameter.close());

async function put(token: string): Promise<void> {
  await parameter.put(token, { refresh_at: parameter.time.now() / SECOND + REFRESH });
}
/** A reader that holds the first token, `seconds` after it was due to be replaced. */
async function readerAt(seconds: number, jitter = 0): Promise<TokenReader> {
  const reader = parameter.reader({ random: () => jitter });
  await reader.get();
  await parameter.time.advance((REFRESH + seconds) * SECOND);
  return reader;
}
/** Calls `get`. The token, the seconds that the call took, and the loads that it caused. */
async function read(reader: TokenReader, signal?: AbortSignal) {
  const startedAt = parameter.time.now();
  const before = parameter.reads();
  const token = await parameter.time.until(signal === undefined ? reader.get() : reader.get({ signal }));
  const seconds = (parameter.time.now() - startedAt) / SECOND;
  await parameter.time.settle();
  return { token, seconds, loads: parameter.reads() - before };
}

describe('a token whose record says when the next one revokes it', () => {
  test('is served from memory until then', async () => {
    const reader = await readerAt(-0.001);
    expect(await read(reader)).toEqual({ token: 'first', seconds: 0, loads: 0 });
  });

  test.for([
    [0, 0, 2],
    [0, 0.5, 4],
    [0, 1, 6],
    [1.5, 0, 0.5],
    [2, 0, 0],
    [500, 1, 0],
  ] as const)(
    '%d seconds after that (jitter %d) is served after a look for the next one, which comes %d seconds later',
    async ([after, jitter, seconds]) => {
      const reader = await readerAt(after, jitter);
      await put('second');
      expect(await read(reader)).toEqual({ token: 'second', seconds, loads: 1 });
      expect(await read(reader)).toEqual({ token: 'second', seconds: 0, loads: 0 });
    },
  );

  test('is looked for again if the first read of a container came while the next one was being stored', async () => {
    await parameter.time.advance((REFRESH + 1) * SECOND);
    const reader = parameter.reader({ random: () => 0 });
    expect(await read(reader)).toEqual({ token: 'first', seconds: 0, loads: 1 });
    await put('second');
    expect(await read(reader)).toEqual({ token: 'second', seconds: 1, loads: 1 });
  });

  test('is overdue from then on', () => {
    let now = 0;
    const held = createHeldToken(() => now);
    const token = {
      access_token: 'a',
      token_type: 'Bearer',
      source: '',
      issued_at: 1,
      expires_at: 9,
    } as const;
    held.offer({ ...token, refresh_at: 5 });
    const { isOverdue } = createSuccession(held, () => now);
    expect(isOverdue()).toBe(false);
    now = 4_999;
    expect(isOverdue()).toBe(false);
    now = 5_000;
    expect(isOverdue()).toBe(true);
  });

  test('is looked for once by all calls of a container', async () => {
    const reader = await readerAt(0);
    await put('second');
    const before = parameter.reads();
    const calls = Promise.all(Array.from({ length: 50 }, () => reader.get()));
    expect(new Set(await parameter.time.until(calls))).toEqual(new Set(['second']));
    expect(parameter.reads() - before).toBe(1);
  });

  test('is served without a wait if a look shows that the refresher is late, and looked for again', async () => {
    const reader = await readerAt(2);
    expect(await read(reader)).toEqual({ token: 'first', seconds: 0, loads: 1 });
    const looks: number[] = [];
    for (let second = 0; second < 150; second += 1) {
      const { token, seconds, loads } = await read(reader);
      expect([token, seconds]).toEqual(['first', 0]);
      if (loads > 0) looks.push(second);
      await parameter.time.advance(SECOND);
    }
    expect(looks).toEqual([4, 12, 28, 48, 68, 88, 108, 128, 148]);
  });

  test.for([
    [
      'is served, and looked for in the background, if the latest look was less than a minute ago',
      59,
      'first',
    ],
    ['is looked for before it is served if the latest look was a minute ago', 60, 'second'],
  ] as const)('%s', async ([, seconds, expected]) => {
    const reader = await readerAt(2);
    await read(reader);
    await parameter.time.advance(seconds * SECOND);
    await put('second');
    expect(await read(reader)).toEqual({ token: expected, seconds: 0, loads: 1 });
    expect(await read(reader)).toEqual({ token: 'second', seconds: 0, loads: 0 });
  });

  test('is served after one load if Parameter Store fails', async () => {
    const reader = await readerAt(2);
    parameter.fail(DOWN);
    expect(await read(reader)).toEqual({ token: 'first', seconds: 0, loads: 1 });
    expect(await read(reader)).toEqual({ token: 'first', seconds: 0, loads: 0 });
  });

  test('is served after ten seconds while Parameter Store throttles, by every call', async () => {
    const reader = await readerAt(2);
    const restore = parameter.fail(THROTTLED);
    expect(await read(reader)).toMatchObject({ token: 'first', seconds: 10 });
    expect(await read(reader)).toMatchObject({ token: 'first', seconds: 10 });
    restore();
    await put('second');
    expect((await read(reader)).token).toBe('second');
  });

  test('is served without a wait from the end of a minute of throttling', async () => {
    const reader = await readerAt(2);
    parameter.fail(THROTTLED);
    for (let call = 0; call < 6; call += 1) expect((await read(reader)).seconds).toBe(10);
    expect(await read(reader)).toEqual({ token: 'first', seconds: 0, loads: 0 });
  });

  test('is served without a wait after a minute of throttling, and looked for after each pause', async () => {
    const reader = await readerAt(2, 1);
    const restore = parameter.fail(THROTTLED);
    const looks: number[] = [];
    const startedAt = parameter.time.now();
    const passed = () => (parameter.time.now() - startedAt) / SECOND;
    while (passed() < 300) {
      const { token, seconds, loads } = await read(reader);
      if (passed() > 70) expect([token, seconds, loads <= 1]).toEqual(['first', 0, true]);
      if (loads > 0) looks.push(passed());
      await parameter.time.advance(SECOND);
    }
    expect(looks.filter((at) => at > 70)).toEqual([104, 144, 184, 224, 264]);
    restore();
    await put('second');
    await parameter.time.advance(40 * SECOND);
    expect(await read(reader)).toMatchObject({ token: 'second', seconds: 0 });
  });

  describe('that another call of the reader has just loaded', () => {
    /** A cache that holds the first token, `seconds` after it was due to be replaced. Loads take `loads.milliseconds`. */
    async function cacheAt(seconds: number, jitter: number) {
      const { time } = parameter;
      const store = createModelStore(time);
      const loads = { milliseconds: 0 };
      const load: Load = async () => {
        const { milliseconds } = loads;
        const loaded = await store.load();
        await time.sleep(milliseconds);
        return loaded;
      };
      const storeToken = (access_token: string) => {
        const issued_at = Math.floor(time.now() / SECOND);
        const refresh_at = issued_at + REFRESH;
        const expires_at = issued_at + 3_600;
        store.token = { access_token, token_type: 'Bearer', source: '', issued_at, expires_at, refresh_at };
      };
      storeToken('first');
      const seams = { now: time.now, sleep: time.sleep, random: () => jitter };
      const cache = createTokenCache('/a/b', load, undefined, seams);
      await time.until(cache.get());
      await time.advance((REFRESH + seconds) * SECOND);
      return { cache, store, loads, storeToken };
    }

    test('is looked for after the pause that throttling asked for', async () => {
      const { time } = parameter;
      const { cache, store } = await cacheAt(-1, 0);
      store.state = 'throttling';
      for (let count = 0; count < 4; count += 1) await time.until(cache.load());
      store.state = 'up';
      await time.advance(SECOND);
      const startedAt = time.now();
      await time.until(cache.get());
      expect((time.now() - startedAt) / SECOND).toBeCloseTo(16 / 3 - 1);
      expect(store.requests).toHaveLength(6);
    });

    test.for([
      ['again after a load under way that began too early', 1.999, 'second', 3],
      ['by a load under way that began late enough', 2, 'first', 2],
    ] as const)('is looked for %s', async ([, after, token, expected]) => {
      const { time } = parameter;
      const { cache, store, loads, storeToken } = await cacheAt(after, 0.25);
      loads.milliseconds = 3 * SECOND;
      void cache.load();
      await time.settle();
      loads.milliseconds = 0;
      storeToken('second');
      expect(await time.until(cache.get())).toBe(token);
      expect(store.requests).toHaveLength(expected);
    });
  });

  test('is not waited for by a call whose signal aborts', async () => {
    const reader = await readerAt(0);
    const caller = new AbortController();
    const reading = reader.get({ signal: caller.signal }).catch((error: unknown) => error);
    await parameter.time.settle();
    caller.abort(new Error('gone'));
    expect(await reading).toMatchObject({ message: 'gone' });
  });

  test('does not delay calls if it was rejected', async () => {
    const reader = parameter.reader({ refresherFunctionName: 'refresher' });
    await reader.get();
    await parameter.time.advance(REFRESH * SECOND);
    await reader.reject('first').catch(() => undefined);
    expect((await read(reader)).seconds).toBe(0);
  });
});
