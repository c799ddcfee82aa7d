import { expect, test } from 'vitest';
import { failed, type Load } from '../../../lambda/reader/load-parameter.ts';
import { createTokenCache } from '../../../lambda/reader/token-cache.ts';
import { createTestClock } from '../../support/test-clock.ts';

const NOW = 1_800_000_000;

interface Options {
  readonly minimumValidity?: number;
  readonly jitter?: number;
  readonly lifetime?: number;
}
/** A cache of a token that is not replaced. All loads after the first fail. */
function createCache({ minimumValidity, jitter = 0, lifetime = 3_600 }: Options = {}) {
  const clock = createTestClock(NOW * 1_000);
  const { now, sleep } = clock;
  let loads = 0;
  const load: Load = async () => {
    loads += 1;
    if (loads > 1) return failed('ACCESS_DENIED', 'of the test');
    const token = { access_token: 'token', token_type: 'Bearer', source: '' } as const;
    return { type: 'token', token: { ...token, issued_at: NOW, expires_at: NOW + lifetime } };
  };
  const cache = createTokenCache('/a/b', load, minimumValidity, { now, sleep, random: () => jitter });
  return { cache, clock };
}

test.for<[string, Options, number]>([
  ['until the look for another token', {}, 3_600 - 360],
  ['until the look for another token, which may come early', { jitter: 1 }, 3_600 - 1_440],
  ['until a look that comes early enough for the reader', { minimumValidity: 1_000 }, 3_600 - 1_000],
  ['until it may expire on its way', { lifetime: 60 }, 60 - 10],
])('reads without options share one promise %s', async ([, options, seconds]) => {
  const { cache, clock } = createCache(options);
  expect(await cache.get()).toBe('token');
  const shared = cache.get();
  expect(await shared).toBe('token');
  clock.advance(seconds * 1_000 - 1);
  expect(cache.get()).toBe(shared);
  expect(cache.get({})).not.toBe(shared);
  clock.advance(1);
  const next = cache.get();
  expect(next).not.toBe(shared);
  await next.catch(() => undefined);
});

test('reads share no promise once the token was rejected', async () => {
  const { cache } = createCache();
  await cache.get();
  const shared = cache.get();
  cache.reject('other');
  expect(cache.get()).toBe(shared);
  cache.reject('token');
  expect(cache.get()).not.toBe(cache.get());
});

const EXPIRED = (seconds: number) =>
  `TOKEN_EXPIRED: the token in parameter /a/b expired ${seconds} seconds ago and was not replaced. ` +
  "Check the refresher's alarms, and the error code in its log.";
const TOO_SHORT = (seconds: number, required: number) =>
  `VALIDITY_TOO_SHORT: the token in parameter /a/b is valid for another ${seconds} seconds, but more than ${required} ` +
  "are required. Require less, or raise the refresher's refreshBefore.";

test.for<[string, number, number, string]>([
  ['is valid for too short a time', 600, 600, TOO_SHORT(600, 600)],
  ['is valid for a part of a second', 0.5, 60, TOO_SHORT(0, 60)],
  ['ends', 0, 60, EXPIRED(0)],
  ['has ended', -7, 0, EXPIRED(7)],
])('a read says for how long the token was valid: it %s', async ([, validity, minimumValidity, message]) => {
  const clock = createTestClock((NOW - validity) * 1_000);
  const token = { access_token: 'token', token_type: 'Bearer', source: '' } as const;
  const load: Load = async () => ({
    type: 'token',
    token: { ...token, issued_at: NOW - 3_600, expires_at: NOW },
  });
  const seams = { now: clock.now, sleep: clock.sleep, random: () => 0 };
  const cache = createTokenCache('/a/b', load, undefined, seams);
  await expect(cache.get({ minimumValidity })).rejects.toThrow(message);
});
