import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isLate, lastRunIn } from '../../../cli/deployed/read-last-run.ts';
import { parseWrittenToken } from '../../../cli/deployed/read-parameter.ts';
import { confidential } from '../../support/confidential.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { type Answer, grant, oauthError } from '../../support/token-endpoint.ts';

const AT = 1_800_000_000_000;
const metrics = (fields: object) =>
  JSON.stringify({ _aws: { CloudWatchMetrics: [] }, parameter: '/a', ...fields });
const logged = (fields: object) => JSON.stringify({ timestamp: 'then', ...fields });

describe('the log of the bundled function', () => {
  let refresher: TestRefresher;
  beforeEach(async () => {
    refresher = await startRefresher();
    await refresher.putSecret(credentials(newClientSecret()));
  });
  afterEach(() => refresher.close());

  const runsWith = async (answer: Answer, event: object = {}) => {
    refresher.endpoint.answer(answer);
    const before = refresher.fn.output.length;
    await refresher.invoke(event);
    return refresher.fn.output.slice(before).map((text) => ({ at: AT, text }));
  };
  const newToken = () => confidential(`last-run/${randomUUID()}`);

  test('shows whether a run minted, kept the token or failed', async () => {
    const minted = { at: AT, outcome: 'minted', reason: 'missing', previousCredentialsUsed: false };
    expect(lastRunIn(await runsWith(grant(newToken())))).toEqual(minted);
    expect(lastRunIn(await runsWith({}))).toMatchObject({ outcome: 'kept', reason: 'fresh' });
    expect(lastRunIn(await runsWith(oauthError(400, 'invalid_scope'), { force: true }))).toEqual({
      at: AT,
      outcome: 'failed',
      code: 'REQUEST_REJECTED',
      message: expect.stringMatching(/^REQUEST_REJECTED: .*invalid_scope/),
    });
  });

  test('describes the stored token without holding it', async () => {
    const lines = await runsWith(grant(newToken()));
    const { access_token: _, token_type: __, ...written } = await refresher.record();
    const described = (version: number) =>
      lines.map(({ text }) => parseWrittenToken(text, version)).filter(Boolean);
    expect(described(1)).toEqual([written]);
    expect(described(2)).toEqual([]);
  });

  test('shows that the current credentials were rejected, in the run that minted and in each check after it', async () => {
    await runsWith(grant(newToken()));
    await refresher.putSecret(credentials(newClientSecret()));
    const rejection = oauthError(401, 'invalid_client');
    let first = true;
    const answer: Answer = () => {
      if (!first) return grant(newToken());
      first = false;
      return rejection;
    };
    const previousCredentialsUsed = true;
    expect(lastRunIn(await runsWith(answer, { force: true }))).toMatchObject({
      outcome: 'minted',
      previousCredentialsUsed,
    });
    expect(lastRunIn(await runsWith(rejection))).toMatchObject({ outcome: 'kept', previousCredentialsUsed });
  });
});

describe('an incomplete log', () => {
  test.for<[string, string[], object | undefined]>([
    [
      'metrics alone, because only warnings are logged',
      [metrics({ Kept: 1 })],
      { outcome: 'kept', reason: undefined },
    ],
    [
      'metrics of a failure',
      [metrics({ Failed: 1, code: 'RATE_LIMITED' })],
      { outcome: 'failed', code: 'RATE_LIMITED' },
    ],
    [
      'an error thrown by the handler',
      [logged({ level: 'ERROR', message: { errorType: 'RefreshError', errorMessage: 'RATE_LIMITED: why' } })],
      { outcome: 'failed', code: 'RATE_LIMITED', message: 'RATE_LIMITED: why' },
    ],
    [
      'a function that cannot be loaded',
      [
        logged({
          level: 'ERROR',
          message: { errorType: 'Runtime.ImportModuleError', errorMessage: 'Cannot find it' },
        }),
      ],
      { outcome: 'failed', code: 'UNEXPECTED' },
    ],
    [
      'a run that timed out',
      [logged({ type: 'platform.report', record: { status: 'timeout' } })],
      { outcome: 'failed', code: 'TIMEOUT' },
    ],
    [
      'a report of a successful run alone',
      [logged({ type: 'platform.report', record: { status: 'success' } })],
      undefined,
    ],
    [
      'no line about a run',
      ['START RequestId: 1', '{', 'null', logged({ level: 'INFO', message: 'else' })],
      undefined,
    ],
  ])('yields what is known: %s', ([, lines, expected]) => {
    const run = lastRunIn(lines.map((text) => ({ at: AT, text })));
    if (expected === undefined) expect(run).toBeUndefined();
    else expect(run).toMatchObject(expected);
  });
});

test.for([
  [
    'a rejection report without a mint',
    [logged({ outcome: 'kept', reason: 'just-minted' }), metrics({ Kept: 1 })],
  ],
  ['an invalid event', [logged({ level: 'ERROR', code: 'EVENT_INVALID', message: 'EVENT_INVALID: x' })]],
  ['the metrics of an invalid event', [metrics({ Failed: 1, code: 'EVENT_INVALID' })]],
] as const)('%s is not a check and hides none', ([, answer]) => {
  const failed = {
    at: AT,
    text: logged({ level: 'ERROR', code: 'CLIENT_REJECTED', message: 'CLIENT_REJECTED: x' }),
  };
  const later = answer.map((text) => ({ at: AT + 60_000, text }));
  expect(lastRunIn([failed, ...later])).toMatchObject({ at: AT, code: 'CLIENT_REJECTED' });
  expect(lastRunIn(later)).toBeUndefined();
});

test('a rejection report hides no check that ends at the same moment', () => {
  const lines = [
    logged({
      level: 'ERROR',
      code: 'CLIENT_REJECTED',
      message: 'CLIENT_REJECTED: x',
      function_request_id: 'check',
    }),
    logged({ level: 'ERROR', message: { errorMessage: 'CLIENT_REJECTED: x' }, requestId: 'check' }),
    logged({ outcome: 'kept', reason: 'just-minted', function_request_id: 'report' }),
    metrics({ Kept: 1 }),
  ];
  expect(lastRunIn(lines.map((text, index) => ({ at: AT + index, text })))).toMatchObject({
    code: 'CLIENT_REJECTED',
  });
});

test('a check that first finds another run at work counts with what it finds later', () => {
  const line = (reason: string) => logged({ outcome: 'kept', reason, function_request_id: 'check' });
  const lines = [
    { at: AT, text: line('being-replaced') },
    { at: AT + 60_000, text: line('fresh') },
  ];
  expect(lastRunIn(lines)).toMatchObject({ at: AT + 60_000, reason: 'fresh' });
});

test('the latest run counts, even if an earlier run logged more', () => {
  const lines = [
    { at: AT, text: metrics({ Minted: 1, PreviousCredentialsUsed: 1 }) },
    { at: AT, text: logged({ outcome: 'minted', reason: 'expiring' }) },
    { at: AT + 1_000, text: metrics({ Kept: 1 }) },
  ];
  expect(lastRunIn(lines)).toEqual({
    at: AT + 1_000,
    outcome: 'kept',
    reason: undefined,
    previousCredentialsUsed: false,
  });
});

test.for([
  [660, false],
  [661, true],
])('with a check every 5 minutes, a run %i seconds ago is late: %s', ([ago, late]) => {
  const run = lastRunIn([{ at: AT, text: metrics({ Kept: 1 }) }]);
  expect(run && isLate(run, 300, AT / 1_000 + (ago as number))).toBe(late);
});
