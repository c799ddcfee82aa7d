import { describe, expect, test } from 'vitest';
import { EXIT } from '../../../cli/exit-codes.ts';
import { assess, exitCodeOfStates, type StatusInput } from '../../../cli/status/assess.ts';
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
};
const stored = (left: number): StatusInput['parameter'] => ({
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
const good: StatusInput = {
  parameter: stored(3_000),
  configuration,
  function: 'active',
  schedule: { state: 'on', expression: 'rate(5 minutes)', asDeployed: true },
  secretProblem: undefined,
  keyState: 'Enabled',
  lastRun: run,
  alarms: [{ ...alarm, state: 'ok' }],
  now: NOW,
};

describe('a refresher', () => {
  test.for<[string, Partial<StatusInput>]>([
    ['nothing is wrong', {}],
    ['the token is due and the next check replaces it', { parameter: stored(1_440) }],
    [
      'the endpoint grants the same token until it expires',
      { parameter: stored(60), lastRun: { ...run, reason: 'same-token' } },
    ],
    ['the stack has no alarms', { alarms: [] }],
    [
      'some parts are unknown',
      { schedule: undefined, lastRun: undefined, alarms: undefined, function: undefined },
    ],
    ['an alarm has no data yet', { alarms: [{ ...alarm, state: 'no-data' }] }],
  ])('is healthy if %s', ([, difference]) => {
    expect(assess({ ...good, ...difference })).toEqual({ state: 'healthy', because: [] });
  });

  test.for<[Partial<StatusInput>, string]>([
    [{ function: 'gone' }, 'the function has been deleted'],
    [{ function: 'stopped' }, 'the function is stopped'],
    [
      { schedule: { state: 'gone', expression: undefined, asDeployed: false } },
      'the schedule has been deleted',
    ],
    [{ schedule: { state: 'off', expression: 'rate(5 minutes)', asDeployed: true } }, 'the schedule is off'],
    [
      { schedule: { state: 'on', expression: 'rate(7 days)', asDeployed: false } },
      'the schedule was changed',
    ],
    [{ secretProblem: 'CREDENTIALS_NOT_SET' }, 'the secret cannot be used (CREDENTIALS_NOT_SET)'],
    [{ lastRun: 'none' }, 'no run in the last day'],
    [{ lastRun: 'log-gone' }, 'the log group has been deleted, so the metrics are lost'],
    [
      { lastRun: { at: run.at, outcome: 'failed', code: 'RATE_LIMITED', message: '' } },
      'the last run failed',
    ],
    [{ lastRun: { ...run, previousCredentialsUsed: true } }, 'the current credentials were rejected'],
    [{ lastRun: { ...run, at: (NOW - 3_600) * 1_000 } }, 'the last run was too long ago'],
    [{ parameter: stored(1_439) }, 'the token is overdue for replacement'],
    [{ alarms: [{ ...alarm, state: 'alarm' }] }, 'in alarm: TokenExpiring'],
  ])('will be without a token soon if %j', ([difference, because]) => {
    expect(assess({ ...good, ...difference })).toEqual({ state: 'soon', because: [because] });
  });

  test.for<[StatusInput['parameter'], string, string]>([
    [stored(0), 'expired', 'the token has expired'],
    [{ state: 'missing' }, 'missing', 'the parameter does not exist'],
    [{ state: 'unreadable', version: 1 }, 'missing', 'the parameter holds a damaged record'],
    [
      { state: 'foreign', version: 1, found: 'a String', isSecureString: false },
      'missing',
      'the parameter holds a String',
    ],
    [{ state: 'undecryptable', found: 'a value' }, 'missing', 'the parameter holds a value'],
  ])('has no usable token if the parameter is %j', ([parameter, state, because]) => {
    const assessment = assess({ ...good, parameter });
    expect(assessment.state).toBe(state);
    expect(assessment.because[0]).toBe(because);
  });

  test.for([
    ['Disabled', "nobody can read the token: the key's state is Disabled"],
    ['PendingDeletion', "nobody can read the token: the key's state is PendingDeletion"],
    ['gone', 'nobody can read the token: the key has been deleted'],
  ] as const)('has no token that anybody can read if the key is %s', ([keyState, because]) => {
    expect(assess({ ...good, keyState })).toEqual({ state: 'missing', because: [because] });
  });

  test('is unknown if the parameter cannot be read', () => {
    expect(assess({ ...good, parameter: { state: 'unknown', found: 'why' } })).toEqual({
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
] as const)('%j: the worst state decides the exit code', ([states, code]) => {
  expect(exitCodeOfStates(states)).toBe(code);
});
