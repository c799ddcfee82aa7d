import { expect, test } from 'vitest';
import { takeUnstoredToken, type UnstoredMemory } from '../../../lambda/refresher/unstored-token.ts';
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
const holding = (changes: Partial<StoredToken>): Stored => ({
  state: 'token',
  version: 1,
  token: { ...token, access_token: 'stored', issued_at: NOW - 600, ...changes },
});
const take = (stored: Stored, { source = token.source, now = NOW } = {}) => {
  const memory: UnstoredMemory = { unstored: { token, reason: 'expiring' } };
  const taken = takeUnstoredToken(memory, { stored, source, now, policy });
  expect(memory.unstored).toBeUndefined();
  return taken?.token;
};

test.for<[string, Stored]>([
  ['no token', { state: 'missing' }],
  ['a damaged record', { state: 'unreadable' }],
  ['an earlier token', holding({})],
  ['a token of the same second', holding({ issued_at: token.issued_at })],
])('a token that could not be stored is stored over %s', ([, stored]) => {
  expect(take(stored)).toBe(token);
});

test.for<[string, Stored, { source?: string; now?: number }]>([
  ['its source has changed', { state: 'missing' }, { source: 'b'.repeat(64) }],
  ['it is due itself', { state: 'missing' }, { now: token.expires_at - policy.refreshBefore }],
  ['it was stored after all', holding({ access_token: token.access_token }), {}],
  ['a later token is stored', holding({ issued_at: token.issued_at + 1 }), {}],
])('a token that could not be stored is forgotten if %s', ([, stored, changes]) => {
  expect(take(stored, changes)).toBeUndefined();
});
