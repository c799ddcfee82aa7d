import { describe, expect, test } from 'vitest';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { checkFunction } from '../../../cli/doctor/check-function.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';

const variables = {
  TOKEN_URL: 'https://auth.example.com/token',
  CREDENTIALS_SECRET_ID: 'secret',
  TOKEN_PARAMETER_NAME: '/a',
  TOKEN_PARAMETER_KEY_ID: 'key',
  CHECK_EVERY_SECONDS: '300',
  REFRESH_BEFORE_SECONDS: '1800',
};
const deployedSettings = {
  Environment: { Variables: variables },
  Role: 'arn:role',
  Handler: 'index.handler',
  Timeout: 60,
};
const logging = { LogFormat: 'JSON', LogGroup: 'logs' };
const refresher = {
  function: { id: 'fn', properties: { ...deployedSettings, LoggingConfig: logging } },
} as unknown as Refresher;

function check(changed: object) {
  const LoggingConfig = { ...logging, ApplicationLogLevel: 'INFO' };
  const live = { Configuration: { State: 'Active', ...deployedSettings, LoggingConfig, ...changed } };
  return checkFunction(refresher, live as never, createShellCommands({}));
}

const RESTORES_ENVIRONMENT = /^aws lambda update-function-configuration --function-name fn --environment /;
const RESTORES_SETTINGS =
  /^aws lambda update-function-configuration --cli-input-json '\{"FunctionName":"fn","Handler":"index.handler",.*"ApplicationLogLevel":"INFO"/;

describe('a function', () => {
  test.for<[string, object]>([
    ['has its deployed settings', {}],
    [
      'has additional variables that it does not read',
      { Environment: { Variables: { ...variables, POWERTOOLS_LOG_LEVEL: 'WARN' } } },
    ],
  ])('is ok if it %s', ([, changed]) => {
    expect(check(changed)).toMatchObject({ state: 'ok', remedy: [] });
  });

  test.for<[string, object, RegExp]>([
    [
      'lacks a variable',
      { Environment: { Variables: { ...variables, TOKEN_URL: undefined } } },
      RESTORES_ENVIRONMENT,
    ],
    [
      'has an additional variable that it reads',
      { Environment: { Variables: { ...variables, TOKEN_SCOPE: 'all' } } },
      RESTORES_ENVIRONMENT,
    ],
    ['has another handler', { Handler: 'index.nothing' }, RESTORES_SETTINGS],
    ['has less time', { Timeout: 1 }, RESTORES_SETTINGS],
    ['has another log group', { LoggingConfig: { ...logging, LogGroup: 'others' } }, RESTORES_SETTINGS],
    ['has another log format', { LoggingConfig: { ...logging, LogFormat: 'Text' } }, RESTORES_SETTINGS],
    [
      'has a log level that drops its metrics',
      { LoggingConfig: { ...logging, ApplicationLogLevel: 'ERROR' } },
      RESTORES_SETTINGS,
    ],
    ['has another role', { Role: 'arn:other' }, / --role arn:role$/],
    ['has failed', { State: 'Failed', StateReason: 'why' }, RESTORES_ENVIRONMENT],
  ])('is wrong if it %s, and the printed command restores it', ([, changed, remedy]) => {
    expect(check(changed)).toMatchObject({ state: 'wrong', remedy: [expect.stringMatching(remedy)] });
  });

  test.for([
    ['Active', 'ok'],
    ['Inactive', 'ok'],
    ['Pending', 'unknown'],
    ['Deleting', 'unknown'],
  ])('in state %s is %s', ([State, state]) => {
    expect(check({ State })).toMatchObject({ state, remedy: [] });
  });

  test('never shows the value of a changed variable', () => {
    const TOKEN_URL = 'https://user:secret@example.com';
    const verdict = check({ Environment: { Variables: { ...variables, TOKEN_URL } } });
    expect(JSON.stringify(verdict)).not.toContain('secret@');
  });
});
