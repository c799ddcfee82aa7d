import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { array, assert, asyncProperty, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { createCommands, quote } from '../../../cli/remedy-commands.ts';
import type { RefresherStatus } from '../../../cli/status/read-status.ts';
import { renderStatus, statusJson } from '../../../cli/status/render-status.ts';
import { styleFor } from '../../../cli/terminal/style.ts';
import { duration } from '../../../cli/terminal/time.ts';

test.for([
  [-5, '0 s'],
  [0, '0 s'],
  [59.9, '59 s'],
  [60, '1 min'],
  [599, '9 min 59 s'],
  [659, '10 min'],
  [3_600, '1 h'],
  [3_661, '1 h 1 min'],
  [90_000, '1 d 1 h'],
] as const)('%d seconds are %s', ([seconds, text]) => {
  expect(duration(seconds)).toBe(text);
});

describe('a command that is printed', () => {
  const refresher = { name: '/spotnana/token', stack: 'Own' } as Refresher;

  test('goes to the account and region that the command line named', () => {
    const commands = createCommands({ profile: 'on call', region: 'eu-west-1' });
    expect(commands.aws('kms', 'enable-key')).toBe(
      "aws kms enable-key --profile 'on call' --region eu-west-1",
    );
    expect(commands.self('refresh', refresher)).toMatch(
      / refresh \/spotnana\/token --profile 'on call' --region eu-west-1$/,
    );
    expect(commands.deploy(refresher)).toBe("AWS_REGION=eu-west-1 npx cdk deploy Own --profile 'on call'");
  });

  test('names none where none was named', () => {
    expect(createCommands({}).aws('kms', 'enable-key')).toBe('aws kms enable-key');
  });

  test('is the deployment that restores a value of which not all is known', () => {
    const restore = (value: unknown) => createCommands({}).restore(refresher, value, (json) => `put ${json}`);
    expect(restore({ a: ['b'] })).toBe('put {"a":["b"]}');
    expect(restore({ a: ['b', { c: undefined }] })).toBe('npx cdk deploy Own --revert-drift');
  });

  test('gives a shell each argument as it is', async () => {
    const words = array(
      string({ unit: 'grapheme', minLength: 1 }).filter((word) => !word.includes('\0')),
      { minLength: 1 },
    );
    await assert(
      asyncProperty(words, async (given) => {
        const script = `printf '%s\\0' ${given.map(quote).join(' ')}`;
        const { stdout } = await promisify(execFile)('sh', ['-c', script]);
        expect(stdout.split('\0').slice(0, -1)).toEqual(given);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the status of a refresher', () => {
  const token = {
    access_token: 'the-token',
    token_type: 'Bearer',
    issued_at: 1_800_000_000,
    expires_at: 1_800_003_600,
    source: 'a'.repeat(64),
    usedPreviousCredentials: false,
  } as const;
  const status: RefresherStatus = {
    refresher: { name: 'sandbox', stack: 'TokenRefresher-sandbox', parameterName: '/a' } as Refresher,
    state: 'soon',
    because: ['the schedule is off'],
    now: 1_800_002_700,
    token,
    parameterVersion: 7,
    mintedFor: { credentials: 'other', version: undefined },
    lastRun: 'none',
    schedule: { state: 'off', expression: 'rate(5 minutes)', asDeployed: true },
    alarms: [
      {
        name: 'TokenExpiring',
        label: 'TokenExpiring',
        state: 'alarm',
        notifies: true,
        changed: [],
        resource: { logicalId: 'A', id: 'A', properties: {} },
      },
      {
        name: 'Throttled',
        label: 'Throttled',
        state: 'ok',
        notifies: true,
        changed: [],
        resource: { logicalId: 'B', id: 'B', properties: {} },
      },
    ],
    unknown: ['secret: AccessDeniedException'],
  };
  const plain = styleFor({});
  const coloured = styleFor({ hasColors: () => true });

  test('is told in lines, with a bar for the time that is left', () => {
    expect(renderStatus(status, plain, 'doctor').split('\n')).toEqual([
      'sandbox  /a  soon',
      `  token      ${'█'.repeat(10)}${'░'.repeat(30)} 15 min of 1 h left, until 2027-01-15 09:00:00 UTC`,
      '  minted     45 min ago, for other credentials or settings than now',
      '  last run   none in the last day',
      '  schedule   off, rate(5 minutes)',
      '  alarms     1 ok; in alarm: TokenExpiring',
      '  unknown    secret: AccessDeniedException',
      '  because    the schedule is off',
      '  find out   doctor',
    ]);
  });

  test('has colours only on a stream that has them', () => {
    expect(renderStatus(status, coloured, 'doctor')).toContain('\u001b[33msoon\u001b[39m');
    expect(renderStatus(status, plain, 'doctor')).not.toContain('\u001b');
    expect(styleFor({ hasColors: () => false })('red', 'text')).toBe('text');
  });

  test('is told to machines without the token', () => {
    expect(statusJson(status)).toEqual({
      name: 'sandbox',
      stack: 'TokenRefresher-sandbox',
      parameter: '/a',
      state: 'soon',
      because: ['the schedule is off'],
      token: { issued_at: 1_800_000_000, expires_at: 1_800_003_600, seconds_left: 900, parameter_version: 7 },
      minted_for: { credentials: 'other', secret_version: null },
      last_run: null,
      schedule: { state: 'off', expression: 'rate(5 minutes)' },
      alarms: [
        { name: 'TokenExpiring', state: 'alarm' },
        { name: 'Throttled', state: 'ok' },
      ],
      unknown: ['secret: AccessDeniedException'],
    });
  });
});
