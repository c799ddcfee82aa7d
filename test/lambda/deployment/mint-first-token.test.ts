import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FIRST_METRIC_MS, mintFirstToken } from '../../../lambda/deployment/mint-first-token.ts';
import { deploymentTime } from '../../../lambda/deployment/retry-without-permission.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { awsClients } from '../../support/client.ts';
import { tagsOf } from '../../support/tags.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

let endpoint: AwsEndpoint;
let failures: Error[];
let reason: string;
/** Milliseconds of each run, and of the whole request. */
let time: { run: number; left: number };
let clock: TestClock;

beforeEach(async () => {
  failures = [];
  time = { run: 0, left: 360_000 };
  clock = createTestClock();
  reason = 'source-changed';
  endpoint = await startAwsEndpoint({
    functions: {
      refresher: async () => {
        clock.advance(time.run);
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return { outcome: 'minted', reason };
      },
    },
  });
});
afterEach(() => endpoint.close());

const run = async (variables: Readonly<Record<string, string>> = {}) => {
  const properties = {
    FunctionArn: 'refresher',
    Environment: { Variables: variables },
    SecretMayBeEmpty: 'false',
  } as const;
  const tools = {
    ...awsClients(endpoint.url),
    ...deploymentTime(clock, time.left),
    firstMetricMs: FIRST_METRIC_MS,
  };
  const outcome = await mintFirstToken(properties, tools).catch((error: Error) => error.message);
  return { outcome, sleeps: clock.sleeps };
};

test.for(['CREDENTIALS_UNAVAILABLE', 'STORE_UNAVAILABLE'])(
  'waits for new permissions to apply while the refresher fails with %s',
  async (code) => {
    failures = [new Error(`${code}: denied`), new Error(`${code}: denied`)];
    expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [5_000, 10_000] });
  },
);

test('waits for its own permission to invoke the refresher', async () => {
  let denials = 1;
  endpoint.intercept(({ operation }) => {
    if (operation !== 'Invoke' || denials === 0) return undefined;
    denials -= 1;
    return { status: 403, type: 'AccessDeniedException', message: 'not authorized' };
  });
  expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [5_000] });
});

test.for(['AccessDeniedException', 'TooManyUpdates'])(
  'waits and tags the parameter again after %s',
  async (type) => {
    const { ssm } = awsClients(endpoint.url);
    await ssm.send(new PutParameterCommand({ Name: '/a', Value: 'x', Type: 'SecureString' }));
    let failuresLeft = 2;
    endpoint.intercept(({ operation }) => {
      if (operation !== 'AddTagsToResource' || failuresLeft === 0) return undefined;
      failuresLeft -= 1;
      return { status: 400, type, message: 'of the test' };
    });
    const variables = {
      [ENVIRONMENT.parameterName]: '/a',
      [ENVIRONMENT.parameterTags]: '{"team":"travel"}',
    };
    expect(await run(variables)).toEqual({ outcome: 'a token is stored', sleeps: [5_000, 10_000] });
    expect(await tagsOf(ssm, '/a')).toEqual({ team: 'travel' });
  },
);

test('makes no call for tags if there are none, because nothing allows it then', async () => {
  expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [] });
  expect(endpoint.calls.map(({ operation }) => operation)).toEqual(['Invoke']);
});

test('fails with the last failure after four waits', async () => {
  failures = Array.from({ length: 9 }, () => new Error('STORE_UNAVAILABLE: denied'));
  expect(await run()).toEqual({
    outcome: 'STORE_UNAVAILABLE: denied',
    sleeps: [5_000, 10_000, 15_000, 20_000],
  });
});

test('does not wait after a failure that does not pass by itself', async () => {
  failures = [new Error('CLIENT_REJECTED: no')];
  expect(await run()).toEqual({ outcome: 'CLIENT_REJECTED: no', sleeps: [] });
});

test('waits after the first token of a parameter until the alarms can see its metric', async () => {
  reason = 'missing';
  expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [FIRST_METRIC_MS] });
});

test('waits less for the metric if little time is left', async () => {
  reason = 'missing';
  time = { run: 60_000, left: 160_000 };
  expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [40_000] });
});

test('fails with the last failure of slow runs in time to answer CloudFormation', async () => {
  failures = Array.from({ length: 9 }, () => new Error('STORE_UNAVAILABLE: denied'));
  time = { run: 60_000, left: 360_000 };
  const start = clock.now();
  expect(await run()).toEqual({ outcome: 'STORE_UNAVAILABLE: denied', sleeps: [5_000, 10_000, 15_000] });
  expect(clock.now() - start).toBeLessThanOrEqual(300_000);
});
