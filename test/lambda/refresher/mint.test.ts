import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MintObservations, mint } from '../../../lambda/refresher/mint.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';
import {
  type Answer,
  grant,
  oauthError,
  startTokenEndpoint,
  type TokenEndpoint,
} from '../../support/token-endpoint.ts';
import { jwt } from './provider-answers.ts';

let endpoint: TokenEndpoint;
let clock: TestClock;
let observations: MintObservations;

beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  clock = createTestClock();
  observations = { attempts: 0, isLifetimeBounded: false };
});
afterEach(() => endpoint.close());

/** Mints with a minute of time and the longest jitter by default. */
const mintOne = ({
  budget = 60_000,
  random = 1,
  settings = {},
  storedUntil,
}: {
  budget?: number;
  random?: number;
  settings?: object;
  storedUntil?: number | undefined;
} = {}) => {
  const configuration = { ...configurationFor(endpoint.url), ...settings };
  return mint(configuration, { clientId: 'id', clientSecret: 'secret' }, 'source', {
    clock,
    fetch: globalThis.fetch,
    random: () => random,
    deadline: clock.now() + budget,
    mostRequests: 6,
    observations,
    storedUntil,
  });
};
/** In seconds. The clock of the tests stands still during a request. */
const unixTimeIn = (seconds: number) => String(createTestClock().now() / 1_000 + seconds);
const withHeaders = (status: number, headers: Readonly<Record<string, string>>): Answer => ({
  status,
  headers,
});
const limited = (retryAfter?: string): Answer => ({
  ...oauthError(429, 'slow_down'),
  ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
});

test.for([
  ['half an hour before it expires', 3_600, {}, 1_800],
  ['after half of a short lifetime', 1_201, {}, 600],
  ['at once if it cannot last until the next check', 300, {}, 0],
  ['and leaves that out by default', 3_600, { revokesFormerToken: false }, undefined],
] as const)(
  'says that a token which the next one revokes is replaced %s',
  async ([, lifetime, settings, after]) => {
    endpoint.answer(grant('granted', { expires_in: lifetime }));
    const token = await mintOne({ settings: { revokesFormerToken: true, ...settings } });
    expect(token.refresh_at).toBe(after === undefined ? undefined : token.issued_at + after);
  },
);

describe('backoff', () => {
  test.for<[string, Answer[], number[]]>([
    ['waits as Retry-After asks, then by its own schedule', [limited('7'), limited()], [7_000, 2_000]],
    ['waits by its own schedule after Retry-After: 0', [limited('0'), limited('0')], [1_000, 2_000]],
    ['doubles its waits', [limited(), limited(), limited(), limited()], [1_000, 2_000, 4_000, 8_000]],
    ['retries after 408 and 5xx', [{ status: 408 }, { status: 500 }, { status: 503 }], [1_000, 2_000, 4_000]],
    ['respects Retry-After on a 503', [{ status: 503, headers: { 'retry-after': '3' } }], [3_000]],
    [
      'waits until a rate limit resets, given as a Unix time',
      [withHeaders(429, { 'x-rate-limit-reset': unixTimeIn(12) })],
      [12_000],
    ],
    [
      'waits until a rate limit resets, given in seconds, on a 503',
      [withHeaders(503, { 'ratelimit-reset': '4' })],
      [4_000],
    ],
    [
      'prefers Retry-After to the reset of a rate limit',
      [withHeaders(429, { 'retry-after': '2', 'x-ratelimit-reset': '30' })],
      [2_000],
    ],
    [
      'waits by its own schedule if the reset of a rate limit has passed',
      [withHeaders(429, { 'x-ratelimit-reset': unixTimeIn(-5) })],
      [1_000],
    ],
    [
      'ignores the reset of a rate limit on a 500',
      [withHeaders(500, { 'x-ratelimit-reset': '30' })],
      [1_000],
    ],
    ['retries after a connection reset', [{ reset: true }], [1_000]],
  ])('%s', async ([, failures, waits]) => {
    endpoint.answer(...(failures as [Answer]), grant('granted'));
    expect((await mintOne()).access_token).toBe('granted');
    expect(clock.sleeps).toEqual(waits);
    expect(endpoint.requests).toHaveLength(waits.length + 1);
  });

  test('sends at most six requests', async () => {
    endpoint.answer(oauthError(429, 'slow_down'));
    await expect(mintOne()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryable: true });
    expect(clock.sleeps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000]);
    expect(endpoint.requests).toHaveLength(6);
    expect(observations.attempts).toBe(6);
  });

  test.for([
    ['leaves no time for a request', 7_499, [1_000, 2_000]],
    ['leaves half a second for a request', 7_500, [1_000, 2_000, 4_000]],
  ] as const)('waits again, or stops, if the next wait %s', async ([, budget, waits]) => {
    endpoint.answer(oauthError(503, 'temporarily_unavailable'));
    await expect(mintOne({ budget })).rejects.toMatchObject({ code: 'ENDPOINT_UNAVAILABLE' });
    expect(clock.sleeps).toEqual(waits);
  });

  test('stops at once if Retry-After asks for more time than is left, and the error has the earliest time for the next request', async () => {
    endpoint.answer(limited('3600'));
    const comeBack = clock.now() + 3_600_000;
    await expect(mintOne()).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { notBefore: comeBack } });
    expect(clock.sleeps).toEqual([]);
    expect(endpoint.requests).toHaveLength(1);
  });

  test('stops at once if the rate limit resets after the end of the run, but lets the next run ask', async () => {
    endpoint.answer(withHeaders(429, { 'x-rate-limit-reset': unixTimeIn(3_600) }));
    const failure = await mintOne().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'RATE_LIMITED', details: { resetAt: clock.now() + 3_600_000 } });
    expect(failure).not.toHaveProperty('details.notBefore');
    expect(clock.sleeps).toEqual([]);
    expect(endpoint.requests).toHaveLength(1);
  });

  test.for([
    ['invalid_client', 'CLIENT_REJECTED'],
    ['invalid_scope', 'REQUEST_REJECTED'],
  ] as const)('does not repeat a request that fails with %s', async ([error, code]) => {
    endpoint.answer(oauthError(400, error));
    await expect(mintOne()).rejects.toMatchObject({ code, retryable: false });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('sends no request if there is no time left to read the answer', async () => {
    endpoint.answer(grant('lost'));
    await expect(mintOne({ budget: 499 })).rejects.toMatchObject({
      code: 'ENDPOINT_UNAVAILABLE',
      message: expect.stringMatching(
        /no request was sent to .*calls to AWS took.*look for slow or failing calls/,
      ),
      details: { reason: 'NO_TIME_LEFT' },
    });
    expect(endpoint.requests).toHaveLength(0);
  });

  test('sends a request if half a second is left to read the answer', async () => {
    endpoint.answer(grant('granted'));
    expect(await mintOne({ budget: 500 })).toMatchObject({ access_token: 'granted' });
  });

  // The time limits of the requests, in seconds.
  test.for<[string, Answer, number, number[]]>([
    ['all the time that is left after one that hung', { hang: 'headers' }, 60, [30, 29]],
    ['leaves time for another after one that failed at once', { status: 503 }, 35, [25, 24]],
  ])('gives a request %s', async ([, first, budget, expected]) => {
    const limits: number[] = [];
    let answer = first;
    clock.timeout = (milliseconds) => {
      limits.push(milliseconds / 1_000);
      if (!('hang' in answer)) return new AbortController().signal;
      clock.advance(milliseconds);
      return AbortSignal.abort(new DOMException('of the test', 'TimeoutError'));
    };
    endpoint.answer(() => {
      const given = answer;
      answer = grant('granted');
      return given;
    });
    const { sleep } = clock;
    clock.sleep = (milliseconds) => {
      answer = grant('granted');
      return sleep(milliseconds);
    };
    expect((await mintOne({ budget: budget * 1_000 })).access_token).toBe('granted');
    expect(limits).toEqual(expected);
  });

  test('fails with the last answer if a wait overruns', async () => {
    const { sleep } = clock;
    clock.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      clock.advance(7_000);
    };
    endpoint.answer(oauthError(429, 'slow_down'), grant('lost'));
    await expect(mintOne({ budget: 8_400 })).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(endpoint.requests).toHaveLength(1);
  });
});

test('counts the lifetime from when the successful request was sent', async () => {
  const start = Math.floor(clock.now() / 1000);
  endpoint.answer(limited('10'), () => {
    clock.advance(5_000);
    return grant('slow', { expires_in: 100.9 });
  });
  expect(await mintOne()).toEqual({
    access_token: 'slow',
    token_type: 'Bearer',
    issued_at: start + 10,
    expires_at: start + 110,
    source: 'source',
  });
});

test.for([
  ['30 days', 30 * 86_400, 30 * 86_400, false],
  ['a second more than 30 days', 30 * 86_400 + 1, 30 * 86_400, true],
  ['a year', 365 * 86_400, 30 * 86_400, true],
] as const)(
  'stores at most 30 days of a lifetime of %s, and notes a longer one',
  async ([, stated, believed, isBounded]) => {
    endpoint.answer(grant('eternal', { expires_in: stated }));
    const { issued_at, expires_at } = await mintOne();
    expect(expires_at - issued_at).toBe(believed);
    expect(observations.isLifetimeBounded).toBe(isBounded);
  },
);

// Seconds from now: nbf, how long the answer takes, how long the stored token is valid. The budget is 40, a check is every 300.
const WAITS = { slept: true } as const;
const AT_ONCE = { slept: false } as const;
test.for<[string, number, number, number | undefined, typeof WAITS | typeof AT_ONCE | 'refused']>([
  ['waited for if it is seconds ahead', 5, 0, 1_800, WAITS],
  ['waited for if it is half a minute ahead', 30, 0, 1_800, WAITS],
  ['waited for even if no good token is stored', 30, 0, undefined, WAITS],
  ['refused if it is further ahead', 31, 0, 1_800, 'refused'],
  ['refused if it is later than the end of the run', 45, 20, 1_800, 'refused'],
  ['refused if it is later than expires_in', 7_200, 0, 1_800, 'refused'],
  ['refused if the stored token lasts until the next check', 600, 0, 361, 'refused'],
  ['stored at once if the stored token expires before the next check', 600, 0, 360, AT_ONCE],
  ['stored at once if the stored token has expired', 600, 0, -1, AT_ONCE],
  ['stored at once if no good token is stored', 600, 0, undefined, AT_ONCE],
  [
    'stored at once if it is later than the end of the run, and no good token is stored',
    45,
    20,
    undefined,
    AT_ONCE,
  ],
])('a JWT that is not valid yet is %s', async ([, nbf, slow, storedFor, expected]) => {
  const now = clock.now() / 1_000;
  endpoint.answer(() => {
    clock.advance(slow * 1_000);
    return grant(jwt({ nbf: now + nbf, exp: now + nbf + 3_600 }));
  });
  const storedUntil = storedFor === undefined ? undefined : now + storedFor;
  const minting = mintOne({ budget: 40_000, storedUntil });
  const failure = { code: 'RESPONSE_INVALID', message: expect.stringMatching(/not valid yet.*nbf/) };
  if (expected === 'refused') await expect(minting).rejects.toMatchObject(failure);
  else expect(await minting).toMatchObject({ issued_at: now, expires_at: now + 3_600 });
  expect(clock.sleeps).toEqual(expected === WAITS ? [nbf * 1_000] : []);
  expect(observations.notBefore).toBe(expected === AT_ONCE ? (now + nbf) * 1_000 : undefined);
});

test('a JWT that is valid from now on is not waited for', async () => {
  const now = clock.now() / 1_000;
  endpoint.answer(grant(jwt({ nbf: now, exp: now + 3_600 })));
  await mintOne();
  expect(clock.sleeps).toEqual([]);
  expect(observations).not.toHaveProperty('notBefore');
});

test.for([
  ['the granted scopes of those that were asked for', 'flights hotels', 'hotels cars', { scope: 'hotels' }],
  ['no scope if none was asked for', undefined, 'hotels', {}],
] as const)('stores %s', async ([, scope, granted, expected]) => {
  endpoint.answer(grant('granted', { scope: granted }));
  const { access_token, token_type, issued_at, expires_at, source, ...more } = await mintOne({
    settings: { scope },
  });
  expect(more).toStrictEqual(expected);
});

test('a JWT whose nbf is later than its short lifetime is not waited for', async () => {
  const now = clock.now() / 1_000;
  endpoint.answer(grant(jwt({ nbf: now + 20, exp: now + 40 }), { expires_in: 20 }));
  expect(await mintOne()).toMatchObject({ expires_at: now + 20 });
  expect(clock.sleeps).toEqual([]);
});
