import { expect, test } from 'vitest';
import { createHeldToken } from '../../../lambda/reader/held-token.ts';
import type { StoredToken } from '../../../lambda/shared/stored-token.ts';

const NOW = 1_800_000_000;
/** A token that was issued and ends so many seconds from now. */
const token = (access_token: string, issuedAt: number, endsAt: number): StoredToken => ({
  ...{ access_token, token_type: 'Bearer', source: '' },
  ...{ issued_at: NOW + issuedAt, expires_at: NOW + endsAt },
});
const VALID = token('valid', -600, 3_000);
const EXPIRED = token('expired', -3_700, -100);

test.for<[string, { held?: StoredToken; loaded: StoredToken; rejected?: readonly string[] }, boolean]>([
  ['the first token', { loaded: VALID }, true],
  ['the first token, although it has expired', { loaded: EXPIRED }, true],
  ['a later token', { held: VALID, loaded: token('later', -599, 3_001) }, true],
  ['another token of the same second', { held: VALID, loaded: token('other', -600, 3_000) }, true],
  ['no earlier token, as a lagging replica returns', { held: VALID, loaded: token('a', -661, 2_939) }, false],
  [
    'a token minted by a clock that is a minute behind',
    { held: VALID, loaded: token('a', -660, 2_940) },
    true,
  ],
  [
    'the same token if it ends sooner than it seemed',
    { held: VALID, loaded: token('valid', -600, 2_999) },
    true,
  ],
  ['no later end of the same token', { held: VALID, loaded: token('valid', -600, 3_001) }, false],
  ['the same token, granted again', { held: VALID, loaded: token('valid', -599, 300) }, true],
  ['no second copy of the same record', { held: VALID, loaded: VALID }, false],
  ['no former record of the same token', { held: VALID, loaded: token('valid', -601, 9_000) }, false],
  ['no expired token instead of a valid one', { held: VALID, loaded: token('b', -599, 0) }, false],
  ['a token that ends in a moment', { held: VALID, loaded: token('b', -599, 0.001) }, true],
  [
    'an earlier token instead of an expired one',
    { held: token('b', -99, 0), loaded: token('a', -100, 1) },
    true,
  ],
  ['an expired token that ended later', { held: EXPIRED, loaded: token('b', -3_600, 0) }, true],
  ['no expired token that ended earlier', { held: EXPIRED, loaded: token('a', -9_000, -5_400) }, false],
  [
    'an earlier token instead of a rejected one',
    { held: VALID, loaded: token('a', -601, 3_000), rejected: ['valid'] },
    true,
  ],
  [
    'no rejected token instead of a good one',
    { held: VALID, loaded: token('b', -599, 3_000), rejected: ['b'] },
    false,
  ],
  [
    'a rejected token instead of an expired one',
    { held: EXPIRED, loaded: token('a', -3_800, 3_000), rejected: ['a'] },
    true,
  ],
  [
    'no expired token instead of a rejected one',
    { held: VALID, loaded: token('b', -500, 0), rejected: ['valid'] },
    false,
  ],
  [
    'no earlier token that was rejected too',
    { held: VALID, loaded: token('a', -601, 3_000), rejected: ['a', 'valid'] },
    false,
  ],
])('a reader keeps %s', ([, { held: first, loaded, rejected = [] }, expected]) => {
  const held = createHeldToken(() => NOW * 1_000);
  if (first !== undefined) held.offer(first);
  for (const one of rejected) held.reject(one);
  expect(held.offer(loaded)).toBe(expected);
  expect(held.record).toBe(expected ? loaded : first);
});

test('a rejection counts once, and only for the token in memory', () => {
  const held = createHeldToken(() => NOW * 1_000);
  expect(held.reject('valid')).toBe(false);
  expect(held.isRejected()).toBe(false);
  held.offer(token('other', -600, 3_000));
  expect(held.reject('valid')).toBe(false);
  expect(held.reject('other')).toBe(true);
  expect(held.isRejected()).toBe(true);
  // A late 401 for a former token.
  expect(held.reject('valid')).toBe(false);
  expect(held.reject('other')).toBe(false);
  expect(held.isRejected()).toBe(true);
});

test.for<[string, readonly number[], readonly number[]]>([
  ['a token that was rejected again is one of the latest', [1, 11], [0, 2]],
  ['a token that was rejected twice counts once', [10], [0]],
])('a reader remembers the ten tokens that were rejected last: %s', ([, later, expected]) => {
  const held = createHeldToken(() => NOW * 1_000);
  held.offer(VALID);
  const names = Array.from({ length: 11 }, (_, index) => `token-${index}`);
  for (const name of names) held.reject(name);
  for (const index of later) held.reject(`token-${index}`);
  const forgotten = names.filter((name) => held.offer(token(name, -600, 3_000)));
  expect(forgotten).toEqual(expected.map((index) => `token-${index}`));
});
