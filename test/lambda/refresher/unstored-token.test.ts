import { expect, test } from 'vitest';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { type UnstoredMemory, unstoredToken } from '../../../lambda/refresher/unstored-token.ts';
import type { MintReason } from '../../../lambda/shared/refresh-result.ts';
import { type Stored, type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';

const NOW = 1_800_000_000;
const keeps = { checkEvery: 300, refreshBefore: 1_800, revokesFormerToken: false };
const token: StoredToken = {
  access_token: 'unstored',
  token_type: 'Bearer',
  issued_at: NOW - 60,
  expires_at: NOW + 3_540,
  source: 'a'.repeat(64),
};
const holding = (version: number, fields: Partial<StoredToken> = {}): Stored => ({
  state: 'token',
  version,
  token: { ...token, access_token: 'stored', ...fields },
});
const CURRENT = 'b'.repeat(64);
interface Changes {
  readonly source?: string;
  readonly now?: number;
  readonly event?: RefreshEvent;
  readonly reason?: MintReason;
  readonly revokesFormerToken?: boolean;
}
const CHECK: RefreshEvent = { type: 'check' };
const reported = (text: string): RefreshEvent => ({ type: 'rejected', fingerprint: sha256(text) });
const remembered = (stored: Stored, changes: Changes = {}) => {
  const { source = CURRENT, now = NOW, event = CHECK, reason = 'expiring', ...other } = changes;
  const policy = { ...keeps, ...other };
  const memory: UnstoredMemory = { unstored: { token, reason, source: CURRENT, replaces: 4 } };
  const found = unstoredToken(memory, { event, stored, source, now, policy });
  // It stays in memory until it is stored, or is not worth that.
  expect(memory.unstored).toBe(found);
  return found?.token;
};

/** What was minted 61 and 60 seconds before the token, and what then expires later. */
const EARLIER = { issued_at: NOW - 121, expires_at: token.expires_at - 61 };
const SAME_MINUTE = { issued_at: NOW - 120, expires_at: token.expires_at - 60 };
const LONGER = { issued_at: NOW - 121, expires_at: token.expires_at + 1 };

test.for<[string, Stored, Changes?]>([
  ['no token', { state: 'missing' }],
  ['a damaged record', { state: 'unreadable', version: 5 }],
  ['the token that it replaces', holding(4)],
  ['a token that was minted before it, but stored after it failed', holding(5, EARLIER)],
  ['such a token that expires later, if it was forced', holding(5, LONGER), { reason: 'forced' }],
  ['such a token, if an API rejected one', holding(5, LONGER), { reason: 'rejected' }],
  ['such a token, if it has new settings', holding(5, LONGER), { reason: 'source-changed' }],
  ['such a token, if its grant revoked that', holding(5, LONGER), { revokesFormerToken: true }],
  ['the token that an API rejects', holding(4), { event: reported('stored') }],
])('a token that could not be stored is worth storing over %s', ([, stored, changes]) => {
  expect(remembered(stored, changes)).toBe(token);
});

test.for<[string, Stored, Changes]>([
  ['the credentials or settings have changed', { state: 'missing' }, { source: 'c'.repeat(64) }],
  ['it is due itself', { state: 'missing' }, { now: token.expires_at - keeps.refreshBefore }],
  ['it was stored after all', holding(5, { ...EARLIER, access_token: token.access_token }), {}],
  ['a token that was minted in the same second is stored', holding(5), {}],
  ['a token is stored that another clock may say was minted before it', holding(5, SAME_MINUTE), {}],
  [
    'a token that expires at the same time is stored',
    holding(5, { ...EARLIER, expires_at: token.expires_at }),
    {},
  ],
  ['a token that expires later is stored', holding(5, LONGER), {}],
  ['a token that expires later is stored, and it was the first', holding(5, LONGER), { reason: 'missing' }],
  ['an API rejects it', holding(4), { event: reported(token.access_token) }],
])('a token that could not be stored is forgotten if %s', ([, stored, changes]) => {
  expect(remembered(stored, changes)).toBeUndefined();
});
