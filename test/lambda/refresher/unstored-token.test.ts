import { expect, test } from 'vitest';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { type UnstoredMemory, unstoredToken } from '../../../lambda/refresher/unstored-token.ts';
import { type Stored, type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';

const NOW = 1_800_000_000;
const policy = { checkEvery: 300, refreshBefore: 1_800 };
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
}
const CHECK: RefreshEvent = { type: 'check' };
const reported = (text: string): RefreshEvent => ({ type: 'rejected', fingerprint: sha256(text) });
const remembered = (stored: Stored, { source = CURRENT, now = NOW, event = CHECK }: Changes = {}) => {
  const memory: UnstoredMemory = { unstored: { token, reason: 'expiring', source: CURRENT, replaces: 4 } };
  const found = unstoredToken(memory, { event, stored, source, now, policy });
  // It stays in memory until it is stored, or is not worth that.
  expect(memory.unstored).toBe(found);
  return found?.token;
};

test.for<[string, Stored, Changes?]>([
  ['no token', { state: 'missing' }],
  ['a damaged record', { state: 'unreadable', version: 5 }],
  ['the token that it replaces', holding(4)],
  ['a token that was minted before it, but stored after it failed', holding(5, { issued_at: NOW - 61 })],
  ['the token that an API rejects', holding(4), { event: reported('stored') }],
])('a token that could not be stored is worth storing over %s', ([, stored, changes]) => {
  expect(remembered(stored, changes)).toBe(token);
});

test.for<[string, Stored, Changes]>([
  ['the credentials or settings have changed', { state: 'missing' }, { source: 'c'.repeat(64) }],
  ['it is due itself', { state: 'missing' }, { now: token.expires_at - policy.refreshBefore }],
  ['it was stored after all', holding(5, { access_token: token.access_token, issued_at: NOW - 61 }), {}],
  ['a token that was minted in the same second is stored', holding(5), {}],
  ['an API rejects it', holding(4), { event: reported(token.access_token) }],
])('a token that could not be stored is forgotten if %s', ([, stored, changes]) => {
  expect(remembered(stored, changes)).toBeUndefined();
});
