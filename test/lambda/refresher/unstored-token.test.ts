import { expect, test } from 'vitest';
import { type UnstoredMemory, unstoredToken } from '../../../lambda/refresher/unstored-token.ts';
import type { Stored, StoredToken } from '../../../lambda/shared/stored-token.ts';

const NOW = 1_800_000_000;
const policy = { checkEvery: 300, refreshBefore: 1_800 };
const token: StoredToken = {
  access_token: 'unstored',
  token_type: 'Bearer',
  issued_at: NOW - 60,
  expires_at: NOW + 3_540,
  source: 'a'.repeat(64),
};
const holding = (version: number): Stored => ({
  state: 'token',
  version,
  token: { ...token, access_token: 'stored' },
});
const remembered = (stored: Stored, { source = token.source, now = NOW } = {}) => {
  const memory: UnstoredMemory = { unstored: { token, reason: 'expiring', replaces: 4 } };
  const found = unstoredToken(memory, { stored, source, now, policy });
  // It stays in memory until it is stored, or is not worth that.
  expect(memory.unstored).toBe(found);
  return found?.token;
};

test.for<[string, Stored]>([
  ['no token', { state: 'missing' }],
  ['a damaged record', { state: 'unreadable', version: 5 }],
  ['the token that it replaces', holding(4)],
])('a token that could not be stored is worth storing over %s', ([, stored]) => {
  expect(remembered(stored)).toBe(token);
});

test.for<[string, Stored, { source?: string; now?: number }]>([
  ['its source has changed', { state: 'missing' }, { source: 'b'.repeat(64) }],
  ['it is due itself', { state: 'missing' }, { now: token.expires_at - policy.refreshBefore }],
  ['it was stored after all, or another one was', holding(5), {}],
  ['the parameter was made anew', holding(1), {}],
])('a token that could not be stored is forgotten if %s', ([, stored, changes]) => {
  expect(remembered(stored, changes)).toBeUndefined();
});
