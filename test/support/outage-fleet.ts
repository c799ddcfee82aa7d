import { expect } from 'vitest';
import { createTokenCache } from '../../lambda/reader/token-cache.ts';
import { createModelStore, type StoreState } from './model-store.ts';
import { createRandom } from './random.ts';
import { createSimulatedTime } from './simulated-time.ts';

/** Seconds: long enough that no container still tries at the pace of a short outage. */
const OUTAGE = 240;
const OBSERVED = 90;
const TICKS_PER_SECOND = 10;

/**
 * Containers without a token read once a second, at moments of their own, during an outage and after it. Returns when
 * each received its first token, in seconds after the outage, and the requests a second.
 */
async function passThroughOutage(state: StoreState, containers: number) {
  const time = createSimulatedTime();
  const random = createRandom(containers);
  const store = createModelStore(time);
  const caches = Array.from({ length: containers }, () =>
    createTokenCache('/a/b', store.load, undefined, { now: time.now, random, sleep: time.sleep }),
  );
  const phases = caches.map(() => Math.floor(random() * TICKS_PER_SECOND));
  const receivedAt = new Map<number, number>();
  const pass = async (seconds: number) => {
    for (let tick = 0; tick < seconds * TICKS_PER_SECOND; tick += 1) {
      for (const [index, cache] of caches.entries()) {
        if (phases[index] !== tick % TICKS_PER_SECOND) continue;
        cache.get().then(
          () => receivedAt.set(index, receivedAt.get(index) ?? time.now()),
          () => undefined,
        );
      }
      await time.advance(1_000 / TICKS_PER_SECOND);
    }
  };
  store.state = state;
  await pass(OUTAGE);
  const endedAt = time.now();
  store.state = 'up';
  const issued_at = endedAt / 1_000;
  store.token = {
    access_token: 'a',
    token_type: 'Bearer',
    issued_at,
    expires_at: issued_at + 3_600,
    source: '',
  };
  await pass(OBSERVED);
  const delays = [...receivedAt.values()].map((at) => (at - endedAt) / 1_000).toSorted((a, b) => a - b);
  return {
    recovered: delays.length,
    most: delays[Math.ceil(containers * 0.9) - 1] ?? Number.NaN,
    all: delays.at(-1) ?? Number.NaN,
    duringOutage: store.rate(endedAt - (OUTAGE / 2) * 1_000, endedAt),
    minuteAfter: store.rate(endedAt, endedAt + 60_000),
  };
}

/** What a fleet may take. A thousand containers need 25 seconds at 40 reads a second, however they share them. */
export interface OutageRow {
  readonly containers: number;
  /** Seconds until nine of ten have a token. */
  readonly most: number;
  /** Seconds until all have one. */
  readonly all: number;
  /** Requests a second, late in the outage. */
  readonly duringOutage: number;
  /** Requests a second, in the minute after it. */
  readonly minuteAfter: number;
}

export async function checkRecovery(state: StoreState, row: OutageRow): Promise<void> {
  const seen = await passThroughOutage(state, row.containers);
  expect(seen.recovered).toBe(row.containers);
  expect(seen.most).toBeLessThanOrEqual(row.most);
  expect(seen.all).toBeLessThanOrEqual(row.all);
  expect(seen.duringOutage).toBeLessThanOrEqual(row.duringOutage);
  expect(seen.minuteAfter).toBeLessThanOrEqual(row.minuteAfter);
}
