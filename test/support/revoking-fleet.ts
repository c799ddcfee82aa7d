import { createAuthorizedFetch } from '../../lambda/reader/authorized-fetch.ts';
import { createReplacementSearch } from '../../lambda/reader/find-replacement.ts';
import { countReports, createRejectionStreak } from '../../lambda/reader/rejection-streak.ts';
import { createTokenCache } from '../../lambda/reader/token-cache.ts';
import { createModelStore } from './model-store.ts';
import { createRandom } from './random.ts';
import { createSimulatedTime } from './simulated-time.ts';

const LIFETIME = 3_600;
const REFRESH_BEFORE = 1_800;

export interface RevokingFleet {
  readonly readers: number;
  /** Seconds between two calls of a reader. */
  readonly every: number;
  readonly hours: number;
  /** Seconds by which mints come after `refresh_at`: the least, and the most. */
  readonly late?: readonly [number, number];
  /** Whether records say when the token is replaced. */
  readonly saysWhen?: boolean;
  readonly method: 'get' | 'fetch';
}

/**
 * Readers of an endpoint that revokes the former token at each mint. The token is stored half a second after it was
 * minted. Returns how many calls got a revoked token (`get`) or a 401 (`fetch`). Also returns the longest call after the
 * first minute in milliseconds, and the reads a second in the busiest minute after it.
 */
export async function simulateRevocations(options: RevokingFleet) {
  const { readers, every, hours, late: [least, most] = [0, 2], saysWhen = true, method } = options;
  const time = createSimulatedTime();
  const beganAt = time.now();
  const random = createRandom(readers);
  const store = createModelStore(time);
  let alive = '';
  let count = 0;
  const mint = async () => {
    count += 1;
    alive = `token-${count}`;
    const issued_at = Math.floor(time.now() / 1_000);
    const expires_at = issued_at + LIFETIME;
    await time.sleep(500);
    const refresh_at = expires_at - REFRESH_BEFORE;
    store.token = {
      ...{ access_token: `token-${count}`, token_type: 'Bearer', source: '', issued_at, expires_at },
      ...(saysWhen && { refresh_at }),
    };
    void time.sleep(refresh_at * 1_000 + (least + random() * (most - least)) * 1_000 - time.now()).then(mint);
  };
  void mint();
  await time.advance(1_000);
  const seams = { now: time.now, sleep: time.sleep, random };
  const answer: typeof fetch = async (_input, init) =>
    new Response(null, {
      status: new Headers(init?.headers).get('authorization') === `Bearer ${alive}` ? 200 : 401,
    });
  const callers = Array.from({ length: readers }, () => {
    const cache = createTokenCache('/a/b', store.load, undefined, seams);
    if (method === 'get') return async () => (await cache.get()) === alive;
    const streak = createRejectionStreak(seams);
    // The refresher answers `being-replaced` while a run mints.
    const report = async () => ({ type: 'answered', replacement: 'expected' }) as const;
    const find = createReplacementSearch(cache, countReports(report, cache, streak), streak, 10_000, seams);
    const send = createAuthorizedFetch(answer, cache.get, find);
    return async () => (await send('http://api')).status === 200;
  });
  const seen = { calls: 0, dead: 0, longest: 0, busiestMinute: 0 };
  const call = async (use: () => Promise<boolean>) => {
    const startedAt = time.now();
    const isAlive = await use();
    seen.calls += 1;
    if (!isAlive) seen.dead += 1;
    // The first reads find a cold fleet.
    if (startedAt >= beganAt + 60_000) seen.longest = Math.max(seen.longest, time.now() - startedAt);
  };
  const step = Math.min(1, every / 10);
  for (let passed = 0; passed < hours * 3_600; passed += step) {
    for (const use of callers) if (random() < step / every) void call(use);
    await time.advance(step * 1_000);
  }
  await time.advance(60_000);
  for (let from = beganAt + 60_000; from < time.now(); from += 10_000)
    seen.busiestMinute = Math.max(seen.busiestMinute, store.rate(from, from + 60_000));
  return { ...seen, share: seen.dead / seen.calls };
}
