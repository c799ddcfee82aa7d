import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FIRST_METRIC_MS, mintFirstToken } from '../../../lambda/deployment/mint-first-token.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { awsClients } from '../../support/client.ts';
import { tagsOf } from '../../support/tags.ts';
import { createTestClock } from '../../support/test-clock.ts';

let endpoint: AwsEndpoint;
let failures: Error[];
let reason: string;

beforeEach(async () => {
  failures = [];
  reason = 'source-changed';
  endpoint = await startAwsEndpoint({
    functions: {
      refresher: async () => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return { outcome: 'minted', reason };
      },
    },
  });
});
afterEach(() => endpoint.close());

const run = async (variables: Readonly<Record<string, string>> = {}) => {
  const clock = createTestClock();
  const properties = {
    FunctionArn: 'refresher',
    Environment: { Variables: variables },
    SecretMayBeEmpty: 'false',
  } as const;
  const tools = { ...awsClients(endpoint.url), clock, firstMetricMs: FIRST_METRIC_MS };
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
