import { expect, test } from 'vitest';
import { grantedAgain, isPartlyUsed } from '../../../lambda/refresher/same-token.ts';
import type { MintReason } from '../../../lambda/shared/refresh-result.ts';
import { type Stored, type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';

const ISSUED = 1_800_000_000;
const ENDS = ISSUED + 3_600;
const KEEPS = { revokesFormerToken: false };
const jwt = (payload: object) => `a.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.c`;
/** The same JWT with another `jti`. */
const [SIGNED, SIGNED_AGAIN] = [jwt({ exp: 9, jti: 1 }), jwt({ exp: 9, jti: 2 })];
const tokenOf = (access_token: string, issued_at: number, expires_at: number): StoredToken => ({
  ...{ access_token, token_type: 'Bearer', issued_at, expires_at, source: sha256('source') },
});

/** The stored and the granted token, seconds from the first issue to the grant, `expires_in`, why, and the believed expiry. */
test.for<[string, string, string, number, number, MintReason, number | undefined, 'revokes'?]>([
  ['with a constant expires_in', 'same', 'same', 2_000, 3_600, 'expiring', ENDS],
  ['with a shrinking expires_in', 'same', 'same', 2_000, 1_599, 'expiring', ENDS - 1],
  ['after a rejection', 'same', 'same', 2_000, 3_600, 'rejected', ENDS],
  ['by force', 'same', 'same', 2_000, 3_600, 'forced', ENDS],
  ['after a change of settings', 'same', 'same', 2_000, 3_600, 'source-changed', ENDS],
  ['just after its end', 'same', 'same', 3_609, 3_600, 'expiring', ENDS],
  ['long after its end', 'same', 'same', 3_610, 3_600, 'expiring', undefined],
  ['with another text', 'one', 'other', 2_000, 3_600, 'expiring', undefined],
  ['with another jti', SIGNED, SIGNED_AGAIN, 2_000, 3_600, 'expiring', ENDS],
  ['with another exp', jwt({ exp: 9 }), jwt({ exp: 10 }), 2_000, 3_600, 'expiring', undefined],
  [
    'with another jti, after a change of settings',
    SIGNED,
    SIGNED_AGAIN,
    2_000,
    3_600,
    'source-changed',
    ENDS,
  ],
  ['with another jti, after a rejection', SIGNED, SIGNED_AGAIN, 2_000, 3_600, 'rejected', undefined],
  ['with another jti, by force', SIGNED, SIGNED_AGAIN, 2_000, 3_600, 'forced', undefined],
  [
    'with another jti, by an endpoint that revokes the former token',
    SIGNED,
    SIGNED_AGAIN,
    2_000,
    3_600,
    'expiring',
    undefined,
    'revokes',
  ],
  ['by an endpoint that revokes others', 'same', 'same', 2_000, 3_600, 'expiring', ENDS, 'revokes'],
  ['as JWTs without exp', jwt({ jti: 1 }), jwt({ jti: 2 }), 2_000, 3_600, 'expiring', undefined],
  ['as texts with two dots', 'a.b.c', 'a.b.d', 2_000, 3_600, 'expiring', undefined],
  [
    'as texts with three dots',
    `${jwt({ exp: 9 })}.1`,
    `${jwt({ exp: 9 })}.2`,
    2_000,
    3_600,
    'expiring',
    undefined,
  ],
])(
  'a token that is granted %s is recognized',
  ([, stored, granted, after, expiresIn, reason, believed, revokes]) => {
    const sentAt = ISSUED + after;
    const again = grantedAgain(
      tokenOf(granted, sentAt, sentAt + expiresIn),
      { state: 'token', version: 1, token: tokenOf(stored, ISSUED, ENDS) },
      reason,
      { revokesFormerToken: revokes !== undefined },
    );
    expect(again).toEqual(believed === undefined ? undefined : tokenOf(granted, ISSUED, believed));
  },
);

test.for([{ state: 'missing' }, { state: 'unreadable', version: 1 }] as const)(
  'a token is new if the record is $state',
  (stored) => {
    expect(grantedAgain(tokenOf('a', ISSUED, ENDS), stored, stored.state, KEEPS)).toBeUndefined();
  },
);

test('a granted token keeps its other fields', () => {
  const granted = { ...tokenOf('same', ISSUED + 2_000, ENDS + 2_000), scope: 'read', source: sha256('new') };
  const stored = { state: 'token', version: 1, token: tokenOf('same', ISSUED, ENDS) } as const;
  expect(grantedAgain(granted, stored, 'expiring', KEEPS)).toEqual({
    ...granted,
    issued_at: ISSUED,
    expires_at: ENDS,
  });
});

const POLICY = { checkEvery: 300, refreshBefore: 1_800 };
const storedFor = (lifetime: number): Stored => ({
  state: 'token',
  version: 1,
  token: tokenOf('stored', ISSUED, ISSUED + lifetime),
});

test.for<[string, number, Stored, boolean]>([
  ['lives shorter than a check allows, although the stored one did not', 60, storedFor(3_600), true],
  ['lives as long as the stored one', 3_600, storedFor(3_600), false],
  ['lives as short as the stored one', 60, storedFor(60), false],
  ['lives longer than the stored one', 3_600, storedFor(60), false],
  ['is the first', 60, { state: 'missing' }, false],
  ['replaces a damaged record', 60, { state: 'unreadable', version: 1 }, false],
])(
  'a token that %s was partly used by somebody else only if its time says so',
  ([, lifetime, stored, isUsed]) => {
    const granted = tokenOf('granted', ISSUED, ISSUED + lifetime);
    expect(isPartlyUsed(granted, stored, POLICY)).toBe(isUsed);
  },
);
