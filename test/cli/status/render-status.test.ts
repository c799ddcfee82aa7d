import { describe, expect, test } from 'vitest';
import type { Alarm } from '../../../cli/deployed/read-alarms.ts';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import type { RefresherStatus } from '../../../cli/status/read-status.ts';
import { renderStatus, statusJson } from '../../../cli/status/render-status.ts';
import { styleFor } from '../../../cli/terminal/style.ts';

const alarm = (name: string, state: Alarm['state']): Alarm => ({
  name,
  label: name,
  state,
  notifies: true,
  changed: [],
  resource: { logicalId: name, id: name, properties: {} },
});
const status: RefresherStatus = {
  refresher: { name: 'sandbox', stack: 'TokenRefresher-sandbox', parameterName: '/a' } as Refresher,
  state: 'soon',
  because: ['the schedule is off'],
  now: 1_800_002_700,
  token: {
    access_token: 'the-token',
    token_type: 'Bearer',
    issued_at: 1_800_000_000,
    expires_at: 1_800_003_600,
    source: 'a'.repeat(64),
  } as RefresherStatus['token'],
  parameterVersion: 7,
  mintedFor: { credentials: 'other', version: undefined },
  lastRun: 'none',
  sameToken: undefined,
  survivableOutage: 1_620,
  schedule: { state: 'off', expression: 'rate(5 minutes)', asDeployed: true },
  alarms: [alarm('TokenExpiring', 'alarm'), alarm('Throttled', 'ok')],
  unknown: ['secret: AccessDeniedException'],
};
const plain = styleFor({});
const colored = styleFor({ hasColors: () => true });

describe('the status of a refresher', () => {
  test('is shown as rows with a bar for the time left', () => {
    expect(renderStatus(status, plain, 'doctor').split('\n')).toEqual([
      'sandbox  /a  soon',
      `  token      ${'█'.repeat(10)}${'░'.repeat(30)} 15 min of 1 h left, until 2027-01-15 09:00:00 UTC`,
      '  minted     45 min ago, for other credentials or settings than the current ones',
      '  last run   none in the last day',
      '  outages    survives up to 27 min without the token endpoint',
      '  schedule   off, rate(5 minutes)',
      '  alarms     1 ok; in alarm: TokenExpiring',
      '  unknown    secret: AccessDeniedException',
      '  because    the schedule is off',
      '  diagnose   doctor',
    ]);
  });

  test('says that it survives no outage', () => {
    expect(renderStatus({ ...status, survivableOutage: 0 }, plain, 'doctor')).toContain(
      '  outages    even a short outage of the token endpoint may leave readers without a token',
    );
  });

  test('has colors only on a stream that supports them', () => {
    expect(renderStatus(status, colored, 'doctor')).toContain('\u001b[33msoon\u001b[39m');
    expect(renderStatus(status, plain, 'doctor')).not.toContain('\u001b');
    expect(styleFor({ hasColors: () => false })('red', 'text')).toBe('text');
  });

  test('does not hold the token in JSON', () => {
    expect(statusJson(status)).toEqual({
      name: 'sandbox',
      stack: 'TokenRefresher-sandbox',
      parameter: '/a',
      state: 'soon',
      because: ['the schedule is off'],
      token: { issued_at: 1_800_000_000, expires_at: 1_800_003_600, seconds_left: 900, parameter_version: 7 },
      minted_for: { credentials: 'other', secret_version: null },
      last_run: null,
      survivable_outage: 1_620,
      schedule: { state: 'off', expression: 'rate(5 minutes)' },
      alarms: [
        { name: 'TokenExpiring', state: 'alarm' },
        { name: 'Throttled', state: 'ok' },
      ],
      unknown: ['secret: AccessDeniedException'],
    });
  });
});
