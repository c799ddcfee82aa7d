import { expect, test } from 'vitest';
import { jwtValidity } from '../../../lambda/refresher/jwt-validity.ts';
import { jwt } from './provider-answers.ts';

const NONE = { notBefore: undefined, expiresAt: undefined };

test.for<[object, object]>([
  [
    { nbf: 1_800_000_000, exp: 1_800_003_600 },
    { notBefore: 1_800_000_000, expiresAt: 1_800_003_600 },
  ],
  [
    { nbf: 1_800_000_000.2, exp: 1_800_003_600.8 },
    { notBefore: 1_800_000_001, expiresAt: 1_800_003_600 },
  ],
  [{ exp: 1_800_003_600 }, { notBefore: undefined, expiresAt: 1_800_003_600 }],
  [{ nbf: 1_800_000_000 }, { notBefore: 1_800_000_000, expiresAt: undefined }],
  [{ nbf: 0, exp: -1 }, NONE],
  [{ nbf: '1800000000', exp: '1800003600' }, NONE],
  // Milliseconds.
  [{ nbf: 1_800_000_000_000, exp: 1e11 }, NONE],
  [{ exp: 1e11 - 1 }, { notBefore: undefined, expiresAt: 1e11 - 1 }],
  [{}, NONE],
])('a JWT with the claims %j is valid for %j', ([claims, validity]) => {
  expect(jwtValidity(jwt(claims))).toEqual(validity);
});

test.for<[string, string]>([
  ['opaque text', 'token'],
  ['a JWT without a signature', jwt({ exp: 5 }).split('.').slice(0, 2).join('.')],
  ['an encrypted JWT', `${jwt({ exp: 5 })}.x.y`],
  ['claims that are no object', 'a.bnVsbA.c'],
  ['claims that are no JSON', 'a.b.c'],
  ['no claims', '..'],
])('%s states no validity', ([, token]) => {
  expect(jwtValidity(token)).toEqual(NONE);
});
