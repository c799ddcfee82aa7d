import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { AlarmProperties } from '../../support/cloudwatch-alarm.ts';
import { confidential } from '../../support/confidential.ts';
import { embeddedMetrics, type MetricValue } from '../../support/embedded-metrics.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { grant, oauthError } from '../../support/token-endpoint.ts';

const dimensionsOf = (refresher: TestRefresher) => ({
  service: 'token-refresher',
  parameter: refresher.parameterName,
});
/** Wraps console output as Lambda's JSON logging does. CloudWatch finds no metric in wrapped lines. */
const JSON_LOGGING = `--import data:text/javascript,${encodeURIComponent(`
  for (const level of ['debug', 'info', 'log', 'warn', 'error'])
    console[level] = (message) => process.stdout.write(JSON.stringify({ level, message: String(message) }) + '\\n');
`)}`;

let refresher: TestRefresher;

/** The metrics of one run. */
const metricsOf = async (event: unknown = {}): Promise<MetricValue[]> => {
  const before = refresher.fn.output.length;
  await refresher.invoke(event);
  return embeddedMetrics(refresher.fn.output.slice(before));
};
const values = (metrics: readonly MetricValue[]): Record<string, number> =>
  Object.fromEntries(
    metrics.map(({ name, value, dimensions: { code } }) => [
      code === undefined ? name : `${name} ${code}`,
      value,
    ]),
  );
const newToken = () => confidential(`token+of/${randomUUID()}`);
const deny = (operation: string) =>
  refresher.cloud.intercept((call) =>
    call.operation === operation
      ? { status: 400, type: 'AccessDeniedException', message: 'User is not authorized' }
      : undefined,
  );

beforeEach(async () => {
  refresher = await startRefresher();
  await refresher.putSecret(credentials(newClientSecret()));
});

afterEach(() => refresher.close());

describe('a run', () => {
  test.for([
    ['at the default log level', {}],
    ['with logging off', { POWERTOOLS_LOG_LEVEL: 'SILENT' }],
    ['at log level ERROR', { POWERTOOLS_LOG_LEVEL: 'ERROR' }],
    ['with JSON logging', { NODE_OPTIONS: JSON_LOGGING }],
  ] as const)('emits its metrics %s', async ([, environment]) => {
    await refresher.restart(environment);
    refresher.endpoint.answer(oauthError(503, 'temporarily_unavailable'), grant(newToken()));
    const minted = await metricsOf();
    expect(values(minted)).toEqual({
      Minted: 1,
      SecondsUntilExpiry: expect.closeTo(3600, -2),
      MintAttempts: 2,
      MintDuration: expect.any(Number),
    });
    const kept = await metricsOf();
    expect(values(kept)).toEqual({ Kept: 1, SecondsUntilExpiry: expect.closeTo(3600, -2) });
    for (const { namespace, dimensions } of [...minted, ...kept]) {
      expect({ namespace, dimensions }).toEqual({
        namespace: 'TokenRefresher',
        dimensions: dimensionsOf(refresher),
      });
    }
  });

  test('emits the remaining validity if it fails', async () => {
    refresher.endpoint.answer(grant(newToken()));
    await refresher.invoke();
    refresher.endpoint.answer(oauthError(401, 'invalid_client'));
    const metrics = await metricsOf({ force: true });
    expect(values(metrics)).toEqual({
      Failed: 1,
      'Failed CLIENT_REJECTED': 1,
      SecondsUntilExpiry: expect.closeTo(3600, -2),
      MintAttempts: 1,
    });
    const failed = metrics.filter(({ name }) => name === 'Failed').map(({ dimensions }) => dimensions);
    expect(failed).toHaveLength(2);
    expect(failed).toContainEqual(dimensionsOf(refresher));
    expect(failed).toContainEqual({ ...dimensionsOf(refresher), code: 'CLIENT_REJECTED' });
  });

  test('emits the remaining validity if the secret cannot be described', async () => {
    refresher.endpoint.answer(grant(newToken()));
    await refresher.invoke();
    deny('DescribeSecret');
    expect(values(await metricsOf())).toEqual({
      Failed: 1,
      'Failed CREDENTIALS_UNAVAILABLE': 1,
      SecondsUntilExpiry: expect.closeTo(3600, -2),
    });
  });

  test.for([
    ['there is no token', async () => {}],
    ['the token has expired', async () => refresher.putParameter(JSON.stringify(await expiredRecord()))],
    ['the parameter holds a foreign value', () => refresher.putParameter('{"password": "foreign"}')],
  ] as const)('emits a validity of 0 if %s', async ([, prepare]) => {
    await prepare();
    refresher.endpoint.answer(oauthError(400, 'invalid_scope'));
    expect(values(await metricsOf()).SecondsUntilExpiry).toBe(0);
  });

  test('emits no validity if Parameter Store cannot be read', async () => {
    deny('GetParameter');
    expect(values(await metricsOf())).toEqual({ Failed: 1, 'Failed STORE_UNAVAILABLE': 1 });
  });

  test('counts as failed if its configuration is invalid', async () => {
    await refresher.restart({ TOKEN_URL: 'http://auth.example.com/' });
    expect(values(await metricsOf())).toEqual({ Failed: 1, 'Failed CONFIGURATION_INVALID': 1 });
  });

  test('writes only JSON, even if it has no metrics', async () => {
    await metricsOf({ refresh: true });
    expect(refresher.fn.output.length).toBeGreaterThan(0);
    for (const line of refresher.fn.output) expect(() => JSON.parse(line)).not.toThrow();
  });

  test('counts a token that is granted again, and keeps its validity at the threshold of the alarm', async () => {
    const token = newToken();
    refresher.endpoint.answer(grant(token, { expires_in: 350 }));
    await refresher.invoke();
    const before = refresher.fn.output.length;
    // Without a client context, the run would wait until the token ends.
    expect(await refresher.invoke({}, { clientContext: {} })).toMatchObject({ ok: true });
    expect(values(embeddedMetrics(refresher.fn.output.slice(before)))).toEqual({
      Kept: 1,
      SameToken: 1,
      SecondsUntilExpiry: 840,
      MintAttempts: 1,
      MintDuration: expect.any(Number),
    });
  });

  test('counts the use of the previous credentials', async () => {
    const current = credentials(newClientSecret());
    await refresher.putSecret(current);
    const { client_secret: rejected } = JSON.parse(current);
    refresher.endpoint.answer(({ body }) =>
      new URLSearchParams(body).get('client_secret') === rejected
        ? oauthError(401, 'invalid_client')
        : grant(newToken()),
    );
    expect(values(await metricsOf())).toMatchObject({
      Minted: 1,
      PreviousCredentialsUsed: 1,
      MintAttempts: 2,
    });
  });

  test.for([
    ['for checkEvery', 200, 'Lower checkEvery'],
    ['for the alarms', 3_239, 'Set refreshBefore to at most PT1619S and checkEvery to at most PT4M'],
    ['for any alarm', 600, 'Ask for longer-lived tokens'],
  ] as const)(
    'warns about a lifetime that is too short %s, and names the remedy',
    async ([, expiresIn, remedy]) => {
      refresher.endpoint.answer(grant(newToken(), { expires_in: expiresIn }));
      expect(values(await metricsOf())).toMatchObject({ Minted: 1, LifetimeTooShort: 1 });
      expect(refresher.written()).toContain(remedy);
    },
  );

  test('does not warn about a lifetime that is long enough', async () => {
    refresher.endpoint.answer(grant(newToken(), { expires_in: 3_240 }));
    expect(values(await metricsOf())).not.toHaveProperty('LifetimeTooShort');
  });
});

test('the alarms watch metrics that a run emits', async () => {
  const watched = Object.values(inject('deployable').template.Resources)
    .filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Properties as unknown as AlarmProperties)
    .filter(({ Namespace }) => Namespace === 'TokenRefresher');
  expect(watched).toHaveLength(3);
  await refresher.restart({ TOKEN_PARAMETER_NAME: '/spotnana/access-token' });
  refresher.endpoint.answer({ status: 429, headers: { 'retry-after': '3600' } });
  const reported = await metricsOf();
  for (const { MetricName, Dimensions } of watched) {
    expect(reported).toContainEqual({
      namespace: 'TokenRefresher',
      name: MetricName,
      unit: expect.any(String),
      value: expect.any(Number),
      dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
    });
  }
});

const expiredRecord = async () => {
  refresher.endpoint.answer(grant(newToken()));
  await refresher.invoke();
  const record = await refresher.record();
  return { ...record, issued_at: record.issued_at - 7_200, expires_at: record.expires_at - 7_200 };
};
