import { expect, test } from 'vitest';
import type { ServerState } from './authorization-server/state.ts';
import { isActive, issueToken } from './authorization-server/tokens.ts';

const STATE: ServerState = {
  clientId: 'client',
  clientSecretHash: '',
  signingKey: 'key',
  generation: 1,
  mode: 'issue',
  tokenFormat: 'opaque',
  tokenLifetime: 300,
};
const NOW = 1_900_000_000;

test.for(['opaque', 'jwt'] as const)(
  'the test server accepts its own %s token until it expires',
  (tokenFormat) => {
    const state = { ...STATE, tokenFormat };
    const token = issueToken(state, NOW);
    expect(token.split('.')).toHaveLength(tokenFormat === 'jwt' ? 3 : 2);
    expect(isActive(token, state, NOW + 299)).toBe(true);
    expect(isActive(token, state, NOW + 300)).toBe(false);
  },
);

test('the test server rejects revoked, foreign and malformed tokens', () => {
  const token = issueToken(STATE, NOW);
  const [content] = token.split('.');
  expect(isActive(token, { ...STATE, generation: 2 }, NOW)).toBe(false);
  expect(isActive(token, { ...STATE, signingKey: 'another' }, NOW)).toBe(false);
  for (const wrong of ['', '.', 'opaque', `${content}.`, `${content}.x`]) {
    expect(isActive(wrong, STATE, NOW)).toBe(false);
  }
});
