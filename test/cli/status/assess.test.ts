import { describe, expect, test } from 'vitest';
import { EXIT, exitCodeOf } from '../../../cli/exit-codes.ts';
import { assess, type Situation } from '../../../cli/status/assess.ts';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';

const NOW = 1_800_000_000;
const configuration = readConfiguration({
  TOKEN_URL: 'https://auth.example.com',
  CREDENTIALS_SECRET_ID: 'secret',
  TOKEN_PARAMETER_NAME: '/a',
  TOKEN_PARAMETER_KEY_ID: 'key',
  CHECK_EVERY_SECONDS: '300',
  REFRESH_BEFORE_SECONDS: '1800',
});
const token = {
  issued_at: NOW - 600,
  expires_at: NOW + 3_000,
  source: 'a'.repeat(64),
  usedPreviousCredentials: false,
};
const stored = (left: number): Situation['read'] => ({
  state: 'token',
  version: 1,
  token: { ...token, issued_at: NOW + left - 3_600, expires_at: NOW + left },
});
const run = {
  at: (NOW - 60) * 1_000,
  outcome: 'kept',
  reason: 'fresh',
  previousCredentialsUsed: false,
} as const;
const alarm = {
  name: 'Stack-TokenExpiring',
  label: 'TokenExpiring',
  resource: { logicalId: 'A', id: 'A', properties: {} },
  notifies: true,
  changed: [],
} as const;
const good: Situation = {
  read: stored(3_000),
  configuration,
  function: 'there',
  schedule: { state: 'on', expression: 'rate(5 minutes)', asDeployed: true },
  secretProblem: undefined,
  keyState: 'Enabled',
  lastRun: run,
  alarms: [{ ...alarm, state: 'ok' }],
  now: NOW,
};

describe('a refresher is', () => {
  test.for<[string, Partial<Situation>]>([
    ['as it should be', {}],
    ['due, and replaced at the next check', { read: stored(1_440) }],
    ['without alarms', { alarms: [] }],
    [
      'partly not to be seen',
      { schedule: undefined, lastRun: undefined, alarms: undefined, function: undefined },
    ],
    ['watched by an alarm without data yet', { alarms: [{ ...alarm, state: 'no-data' }] }],
  ])('healthy where it is %s', ([, difference]) => {
    expect(assess({ ...good, ...difference })).toEqual({ state: 'healthy', because: [] });
  });

  test.for<[Partial<Situation>, string]>([
    [{ function: 'gone' }, 'the function is gone'],
    [{ function: 'stopped' }, 'the function is not allowed to run'],
    [{ schedule: { state: 'gone', expression: undefined, asDeployed: false } }, 'the schedule is gone'],
    [{ schedule: { state: 'off', expression: 'rate(5 minutes)', asDeployed: true } }, 'the schedule is off'],
    [
      { schedule: { state: 'on', expression: 'rate(7 days)', asDeployed: false } },
      'the schedule has been changed',
    ],
    [{ secretProblem: 'CREDENTIALS_NOT_SET' }, 'the secret cannot be used (CREDENTIALS_NOT_SET)'],
    [{ lastRun: 'none' }, 'there was no run in the last day'],
    [{ lastRun: 'log-gone' }, 'the log group is gone, and the metrics with it'],
    [
      { lastRun: { at: run.at, outcome: 'failed', code: 'RATE_LIMITED', message: '' } },
      'the last run failed',
    ],
    [
      { read: { state: 'token', version: 1, token: { ...token, usedPreviousCredentials: true } } },
      'only the previous credentials were accepted',
    ],
    [{ lastRun: { ...run, at: (NOW - 3_600) * 1_000 } }, 'the last run was too long ago'],
    [{ read: stored(1_439) }, 'the token should have been replaced by now'],
    [{ alarms: [{ ...alarm, state: 'alarm' }] }, 'in alarm: TokenExpiring'],
  ])('soon without a token where %j', ([difference, because]) => {
    expect(assess({ ...good, ...difference })).toEqual({ state: 'soon', because: [because] });
  });

  test.for<[Situation['read'], string, string]>([
    [stored(0), 'expired', 'the token has expired'],
    [{ state: 'missing' }, 'missing', 'the parameter is not there'],
    [{ state: 'unreadable' }, 'missing', 'the parameter holds a damaged record'],
    [
      { state: 'foreign', found: 'a String', isSecureString: false },
      'missing',
      'the parameter holds a String',
    ],
    [{ state: 'undecryptable', found: 'a value' }, 'missing', 'the parameter holds a value'],
  ])('without a token where the parameter is %j', ([read, state, because]) => {
    const assessment = assess({ ...good, read });
    expect(assessment.state).toBe(state);
    expect(assessment.because[0]).toBe(because);
  });

  test.for(['Disabled', 'PendingDeletion', 'gone'])(
    'without a token that anybody can read where the key is %s',
    (keyState) => {
      expect(assess({ ...good, keyState })).toEqual({
        state: 'missing',
        because: [`nobody can read the token: the key is ${keyState}`],
      });
    },
  );

  test('not known where the token may not be read', () => {
    expect(assess({ ...good, read: { state: 'unknown', found: 'why' } })).toEqual({
      state: 'unknown',
      because: [],
    });
  });
});

test.for([
  [['healthy'], EXIT.ok],
  [['healthy', 'soon'], EXIT.attention],
  [['soon', 'unknown'], EXIT.unable],
  [['unknown', 'missing'], EXIT.noToken],
  [['expired', 'healthy'], EXIT.noToken],
] as const)('of %j the worst decides the exit code', ([states, code]) => {
  expect(exitCodeOf(states)).toBe(code);
});
