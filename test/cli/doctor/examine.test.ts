import { describe, expect, test } from 'vitest';
import { differing } from '../../../cli/deployed/differing.ts';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { checkEndpoint } from '../../../cli/doctor/check-endpoint.ts';
import { checkFunction } from '../../../cli/doctor/check-function.ts';
import { covers } from '../../../cli/doctor/compare-policies.ts';
import { createCommands } from '../../../cli/remedy-commands.ts';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';
import { systemClock } from '../../../lambda/shared/clock.ts';
import { type Answer, oauthError, startTokenEndpoint } from '../../support/token-endpoint.ts';

const commands = createCommands({});
const environment = (tokenUrl: string) => ({
  TOKEN_URL: tokenUrl,
  CREDENTIALS_SECRET_ID: 'secret',
  TOKEN_PARAMETER_NAME: '/a',
  TOKEN_PARAMETER_KEY_ID: 'key',
  CHECK_EVERY_SECONDS: '300',
  REFRESH_BEFORE_SECONDS: '1800',
});

describe('the endpoint', () => {
  test.for<[Answer, 'ok' | 'wrong' | 'unknown', RegExp]>([
    [oauthError(401, 'invalid_client'), 'ok', /answers \(HTTP 401 /],
    [oauthError(400, 'invalid_request'), 'ok', /answers \(HTTP 400 /],
    [{ status: 404 }, 'wrong', /HTTP 404: there is no token endpoint/],
    [
      { status: 302, headers: { location: 'https://elsewhere.example.com' } },
      'wrong',
      /HTTP 302: there is no/,
    ],
    [{ status: 503 }, 'wrong', /HTTP 503\. Ask the operator/],
    [{ status: 429 }, 'unknown', /answers 429/],
    [{ reset: true }, 'wrong', /gives no answer from here: (UND_ERR_SOCKET|ECONNRESET)/],
    [{ hang: 'headers' }, 'wrong', /gives no answer from here: TIMEOUT/],
  ])('that answers %j is %s', async ([answer, state, says]) => {
    const endpoint = await startTokenEndpoint();
    endpoint.answer(answer);
    const patience = 'hang' in answer ? 500 : 60_000;
    const clock = { ...systemClock, timeout: () => AbortSignal.timeout(patience) };
    const configuration = readConfiguration(environment(endpoint.tokenUrl));
    const verdict = await checkEndpoint(configuration, { fetch: globalThis.fetch, clock });
    expect(verdict).toMatchObject({ state, says: expect.stringMatching(says) });
    expect(verdict.remedy.join()).toMatch(state === 'wrong' ? /^curl / : /^$/);
    if (state === 'ok') expect(endpoint.requests[0]?.body).toBe('grant_type=client_credentials');
    await endpoint.close();
  });
});

describe('a policy', () => {
  const statement = {
    Effect: 'Allow',
    Action: ['a:B', 'a:C'],
    Resource: ['x'],
    Condition: { Bool: { 'a:b': 'true' } },
  };
  const document = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements });

  test.for<[string, object, boolean]>([
    ['the same', document(statement), true],
    [
      'the same in another order, and alone instead of in a list',
      { Statement: { ...statement, Action: ['a:C', 'a:B'], Resource: 'x' } },
      true,
    ],
    ['more', document({ Effect: 'Allow', Action: '*', Resource: '*' }, statement), true],
    ['nothing', document(), false],
    ['one action less', document({ ...statement, Action: 'a:B' }), false],
    ['another resource', document({ ...statement, Resource: 'y' }), false],
    ['another condition', document({ ...statement, Condition: {} }), false],
  ])('with %s than the template has: covers it, or not', ([, live, expected]) => {
    expect(covers(JSON.stringify(live), document(statement))).toBe(expected);
  });

  test('need not have what nobody knows', () => {
    expect(covers('{}', document({ ...statement, Resource: undefined }))).toBe(true);
    expect(covers(undefined, document(statement))).toBe(false);
  });
});

describe('a property of the template', () => {
  const dimensions = [
    { Name: 'service', Value: 'token-refresher' },
    { Name: 'parameter', Value: '/a' },
  ];

  test.for<[string, unknown, unknown, boolean]>([
    ['the same number', 900, 900, false],
    ['another number', 900, 0, true],
    ['the same list in another order', dimensions, dimensions.toReversed(), false],
    ['a list that lacks something', dimensions, dimensions.slice(1), true],
    ['nobody to tell', ['arn:topic'], [], true],
    ['somebody else to tell', ['arn:topic'], ['arn:other'], true],
    ['nothing', ['arn:topic'], undefined, true],
    ['anything where the template cannot be told in full', [undefined], ['arn:topic'], false],
    ['anything where the template says nothing', undefined, 900, false],
  ])('differs or not where the live one is %s', ([, declared, live, expected]) => {
    const found = differing(['Property'], { Property: declared }, { Property: live });
    expect(found).toEqual(expected ? ['Property'] : []);
  });
});

describe('the function', () => {
  const variables = environment('https://auth.example.com/token');
  const refresher = {
    function: {
      id: 'fn',
      properties: {
        Environment: { Variables: variables },
        Role: 'arn:role',
        Handler: 'index.handler',
        Timeout: 60,
        LoggingConfig: { LogFormat: 'JSON', LogGroup: 'logs' },
      },
    },
  } as unknown as Refresher;
  const live = (configuration: object = {}) =>
    ({
      Configuration: {
        State: 'Active',
        Role: 'arn:role',
        Environment: { Variables: variables },
        Handler: 'index.handler',
        Timeout: 60,
        LoggingConfig: { LogFormat: 'JSON', LogGroup: 'logs', ApplicationLogLevel: 'INFO' },
        ...configuration,
      },
    }) as never;

  test.for<[string, object, string, RegExp | undefined]>([
    ['is as it was deployed', {}, 'ok', undefined],
    [
      'has more variables than it was deployed with',
      { Environment: { Variables: { ...variables, POWERTOOLS_LOG_LEVEL: 'WARN' } } },
      'ok',
      undefined,
    ],
    [
      'lacks a variable',
      { Environment: { Variables: { ...variables, TOKEN_URL: undefined } } },
      'wrong',
      /^aws lambda update-function-configuration --function-name fn --environment /,
    ],
    [
      'has a variable that it reads and was not deployed with',
      { Environment: { Variables: { ...variables, TOKEN_SCOPE: 'all' } } },
      'wrong',
      / --environment /,
    ],
    ...(
      [
        ['another handler', { Handler: 'index.nothing' }],
        ['less time', { Timeout: 1 }],
        ['another log group', { LoggingConfig: { LogFormat: 'JSON', LogGroup: 'others' } }],
        ['another log format', { LoggingConfig: { LogFormat: 'Text', LogGroup: 'logs' } }],
        [
          'a log level at which metrics are lost',
          { LoggingConfig: { LogFormat: 'JSON', LogGroup: 'logs', ApplicationLogLevel: 'ERROR' } },
        ],
      ] as const
    ).map(
      ([what, changed]) =>
        [
          `has ${what}`,
          changed,
          'wrong',
          /^aws lambda update-function-configuration --cli-input-json '\{"FunctionName":"fn","Handler":"index.handler",.*"ApplicationLogLevel":"INFO"/,
        ] as [string, object, string, RegExp],
    ),
    ['has another role', { Role: 'arn:other' }, 'wrong', / --role arn:role$/],
    ['has failed', { State: 'Failed', StateReason: 'why' }, 'wrong', / --environment /],
  ])('that %s is %s', ([, configuration, state, remedy]) => {
    const verdict = checkFunction(refresher, live(configuration), commands);
    expect(verdict.state).toBe(state);
    if (remedy !== undefined) expect(verdict.remedy[0]).toMatch(remedy);
  });

  test('has a value that was changed shown to nobody', () => {
    const changed = {
      Environment: { Variables: { ...variables, TOKEN_URL: 'https://user:secret@example.com' } },
    };
    expect(JSON.stringify(checkFunction(refresher, live(changed), commands))).not.toContain('secret@');
  });
});
