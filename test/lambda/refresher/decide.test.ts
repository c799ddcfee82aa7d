import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DecisionInput, decide } from '../../../lambda/refresher/decide.ts';
import { refreshMargin } from '../../../lambda/shared/refresh-margin.ts';
import { type Stored, type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';

const SOURCE = sha256('source');
const ISSUED = 1_800_000_000;
const token = (fields: Partial<StoredToken> = {}): StoredToken => ({
  access_token: 'stored-token',
  token_type: 'Bearer',
  issued_at: ISSUED,
  expires_at: ISSUED + 3600,
  source: SOURCE,
  ...fields,
});
const stored = (fields: Partial<StoredToken> = {}): Stored => ({
  state: 'token',
  version: 7,
  token: token(fields),
});
const situation = (fields: Partial<DecisionInput> = {}): DecisionInput => ({
  event: { type: 'check' },
  stored: stored(),
  parameterName: '/a/b',
  source: SOURCE,
  now: ISSUED + 100,
  policy: { checkEvery: 300, refreshBefore: 1800 },
  ...fields,
});
const rejection = (accessToken: string) => ({ type: 'rejected', fingerprint: sha256(accessToken) }) as const;

describe('decide', () => {
  test.for<[string, Partial<DecisionInput>, string]>([
    ['keeps a fresh token', {}, 'keep fresh'],
    ['mints if there is no token', { stored: { state: 'missing' } }, 'mint missing'],
    [
      'replaces a damaged record of its own',
      { stored: { state: 'unreadable', version: 1 } },
      'mint unreadable',
    ],
    ['keeps a token one second above the margin', { now: ISSUED + 1799 }, 'keep fresh'],
    ['mints exactly at the margin', { now: ISSUED + 1800 }, 'mint expiring'],
    [
      'keeps a short-lived token in the first half of its lifetime',
      { stored: stored({ expires_at: ISSUED + 1000 }), now: ISSUED + 499 },
      'keep fresh',
    ],
    [
      'mints after half of a short lifetime',
      { stored: stored({ expires_at: ISSUED + 1000 }), now: ISSUED + 500 },
      'mint expiring',
    ],
    [
      'mints when the settings or credentials have changed',
      { source: sha256('other') },
      'mint source-changed',
    ],
    [
      'mints in a held run when the credentials have changed',
      { event: { type: 'held', version: 7 }, source: sha256('other') },
      'mint source-changed',
    ],
    [
      'keeps what another run stored with other settings during the wait of a held run',
      { event: { type: 'held', version: 6 }, source: sha256('other') },
      'keep already-replaced',
    ],
    [
      'mints in a held run when the token of another run is expiring',
      { event: { type: 'held', version: 6 }, now: ISSUED + 1800 },
      'mint expiring',
    ],
    [
      'keeps what another run minted with other settings, if this run could not read the parameter before',
      { event: { type: 'late', since: ISSUED }, source: sha256('other') },
      'keep already-replaced',
    ],
    [
      'mints if the token of other settings is from before such a run',
      { event: { type: 'late', since: ISSUED + 1 }, source: sha256('other') },
      'mint source-changed',
    ],
    [
      'mints in such a run when the token of another run is expiring',
      { event: { type: 'late', since: ISSUED }, now: ISSUED + 1800 },
      'mint expiring',
    ],
    ['mints when forced', { event: { type: 'force' } }, 'mint forced'],
    [
      'overwrites a foreign value when forced',
      {
        event: { type: 'force' },
        stored: { state: 'foreign', version: 1, found: 'x', isSecureString: true },
      },
      'mint forced',
    ],
    ['mints when the stored token is rejected', { event: rejection('stored-token') }, 'mint rejected'],
    ['keeps the token when another one is rejected', { event: rejection('older') }, 'keep already-replaced'],
    [
      'keeps a rejected token in its first minute',
      { event: rejection('stored-token'), now: ISSUED + 59 },
      'keep just-minted',
    ],
    [
      'replaces a rejected token after a minute',
      { event: rejection('stored-token'), now: ISSUED + 60 },
      'mint rejected',
    ],
    [
      'replaces a rejected short-lived token after a tenth of its lifetime',
      { event: rejection('stored-token'), stored: stored({ expires_at: ISSUED + 100 }), now: ISSUED + 10 },
      'mint rejected',
    ],
  ])('%s', ([, fields, expected]) => {
    const { action, reason } = decide(situation(fields));
    expect(`${action} ${reason}`).toBe(expected);
  });

  test.for([true, false])(
    'refuses a foreign value, and suggests force only for a SecureString: %s',
    (isSecureString) => {
      const act = () =>
        decide(situation({ stored: { state: 'foreign', version: 1, found: 'x', isSecureString } }));
      expect(act).toThrow(expect.objectContaining({ code: 'PARAMETER_OCCUPIED' }));
      expect(act).toThrow(
        /parameter \/a\/b holds x, .* Choose another parameterName, or delete the parameter\./,
      );
      expect(act).toThrow(isSecureString ? /"force": true\}\.$/ : /delete the parameter\.$/);
    },
  );

  test('never lets a token expire between two punctual checks', () => {
    const seconds = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(seconds, seconds, seconds, (checkEvery, refreshBefore, lifetime) => {
        const policy = { checkEvery, refreshBefore };
        const margin = refreshMargin(lifetime, policy);
        expect(margin).toBeGreaterThanOrEqual(checkEvery + 60);
        const now = ISSUED + Math.max(0, lifetime - Math.ceil(margin) - 1);
        const kept = decide(situation({ stored: stored({ expires_at: ISSUED + lifetime }), now, policy }));
        if (kept.action === 'keep') expect(ISSUED + lifetime - now).toBeGreaterThan(checkEvery + 60);
      }),
    );
  });

  test('with punctual checks, mints a one-hour token about 48 times a day and leaves readers at least 25 minutes of validity', () => {
    let current = token();
    let mints = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let now = ISSUED; now < ISSUED + 86_400; now += 300) {
      least = Math.min(least, current.expires_at - now);
      const decision = decide(situation({ stored: { state: 'token', version: 1, token: current }, now }));
      if (decision.action === 'keep') continue;
      mints += 1;
      current = token({ issued_at: now, expires_at: now + 3600 });
    }
    expect(mints).toBe(47);
    expect(least).toBeGreaterThanOrEqual(25 * 60);
  });
});
