import { expect, test } from 'vitest';
import type { ClaimRecord } from '../../../lambda/refresher/claim-record.ts';
import { formerToken, showsRevocation } from '../../../lambda/refresher/former-token.ts';
import { type Stored, type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';

const NOW = 1_800_000_000;
const token = (access_token: string): StoredToken => ({
  access_token,
  token_type: 'Bearer',
  issued_at: NOW,
  expires_at: NOW + 3_600,
  source: sha256('source'),
});
const stored = (access_token: string, version: number): Extract<Stored, { state: 'token' }> => ({
  state: 'token',
  version,
  token: token(access_token),
});

test.for([
  ['expiring', true],
  ['forced', true],
  ['rejected', false],
  // A rotation may revoke the tokens of the former credentials.
  ['source-changed', false],
  ['unreadable', false],
  ['missing', false],
  // A run that stores a token from an earlier run keeps this one otherwise.
  ['fresh', false],
] as const)(
  'the API should still accept a token that is replaced because it is %s: %s',
  ([reason, expected]) => {
    const found = formerToken(stored('former', 4), reason);
    expect(found).toEqual(expected ? { token: sha256('former'), expires_at: NOW + 3_600 } : undefined);
  },
);

test('there is no former token if none was stored', () => {
  expect(formerToken({ state: 'missing' }, 'forced')).toBeUndefined();
});

const claim: ClaimRecord = {
  owner: 'run',
  replaces: 4,
  expires_at: 0,
  former: { token: sha256('former'), expires_at: NOW + 3_600 },
};
test.for<
  [string, boolean, { fingerprint?: string; claim?: ClaimRecord | undefined; version?: number; now?: number }]
>([
  ['names the former token', true, {}],
  ['names the former token shortly before its end', true, { now: NOW + 3_539 }],
  ['names the former token at its end', false, { now: NOW + 3_540 }],
  ['names another token', false, { fingerprint: sha256('another') }],
  ['comes before the mint has succeeded', false, { version: 4 }],
  ['comes when nothing is known', false, { claim: undefined }],
  ['comes after a mint that replaced no accepted token', false, { claim: { ...claim, former: undefined } }],
])('a report that %s shows that the endpoint revokes tokens: %s', ([, expected, changes]) => {
  const input = { fingerprint: sha256('former'), claim, version: 5, now: NOW + 1_810, ...changes };
  const current = stored('next', input.version);
  expect(showsRevocation(input.fingerprint, input.claim, current, input.now)).toBe(expected);
});
