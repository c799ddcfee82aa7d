import { expect, test } from 'vitest';
import { mint } from '../../../lambda/refresher/mint.ts';
import { requestTimeLimit } from '../../../lambda/refresher/request-time.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { grant } from '../../support/token-endpoint.ts';

const BUDGET = 40_000;

/** Mints at an endpoint that answers after these milliseconds, on a clock that only the waits and the requests move. */
async function mintSlowly(answersAfter: readonly number[], budget = BUDGET) {
  const testClock = createTestClock();
  const start = testClock.now();
  const limits: number[] = [];
  const timers: AbortController[] = [];
  const clock = {
    ...testClock,
    timeout: (milliseconds: number) => {
      limits.push(milliseconds);
      const timer = new AbortController();
      timers.push(timer);
      return timer.signal;
    },
  };
  const fetch = async () => {
    const needed = answersAfter[limits.length - 1] ?? answersAfter.at(-1) ?? 0;
    const limit = limits.at(-1) ?? 0;
    testClock.advance(Math.min(needed, limit));
    if (needed <= limit) return new Response(JSON.stringify(grant('granted').body));
    timers.at(-1)?.abort();
    throw new DOMException('the time is up', 'TimeoutError');
  };
  const tools = {
    clock,
    fetch,
    random: () => 1,
    deadline: start + budget,
    mostRequests: 6,
    observations: { attempts: 0, isLifetimeBounded: false },
  };
  const minted = await mint(
    configurationFor('https://auth.example.com/token'),
    { clientId: 'id', clientSecret: 'secret' },
    'source',
    tools,
  ).then(
    () => 'minted',
    (error: { code: string; details: { reason: string } }) => `${error.code} ${error.details.reason}`,
  );
  return { minted, limits, took: testClock.now() - start };
}

test.for<[number[], string, number[]]>([
  [[2_000], 'minted', [30_000]],
  [[12_000], 'minted', [30_000]],
  [[19_000], 'minted', [30_000]],
  [[25_000], 'minted', [30_000]],
  [[35_000], 'ENDPOINT_UNAVAILABLE TIMEOUT', [30_000, 9_000]],
  [[Number.POSITIVE_INFINITY], 'ENDPOINT_UNAVAILABLE TIMEOUT', [30_000, 9_000]],
  [[Number.POSITIVE_INFINITY, 8_000], 'minted', [30_000, 9_000]],
])(
  'with an endpoint that answers after %j ms, a run ends with %s',
  async ([answersAfter, outcome, limits]) => {
    const { minted, took, limits: found } = await mintSlowly(answersAfter);
    expect(minted).toBe(outcome);
    expect(found).toEqual(limits);
    expect(took).toBeLessThanOrEqual(BUDGET);
  },
);

test.for<[number, number[]]>([
  [600, [600]],
  [5_000, [5_000]],
  [10_000, [10_000]],
  [15_000, [10_000, 4_000]],
  [45_000, [30_000, 14_000]],
  [400_000, [30_000, 30_000, 30_000, 30_000, 30_000, 30_000]],
])('with %i ms for a dead endpoint, the requests get %j ms', async ([budget, limits]) => {
  const { minted, took, limits: found } = await mintSlowly([Number.POSITIVE_INFINITY], budget);
  expect(minted).toBe('ENDPOINT_UNAVAILABLE TIMEOUT');
  expect(found).toEqual(limits);
  expect(took).toBeLessThanOrEqual(budget);
});

test.for<[number, boolean, number]>([
  [40_000, false, 30_000],
  [30_000, false, 20_000],
  [15_000, false, 10_000],
  [8_000, false, 8_000],
  [15_000, true, 15_000],
  [60_000, true, 30_000],
])(
  'with %i ms left, and a request that timed out: %s, the next one gets %i ms',
  ([left, hasTimedOut, limit]) => {
    expect(requestTimeLimit(left, { hasTimedOut })).toBe(limit);
  },
);
