import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  FIRST_METRIC_MS,
  FirstTokenError,
  mintFirstToken,
} from '../../../lambda/deployment/mint-first-token.ts';
import { deploymentTime } from '../../../lambda/deployment/retry-without-permission.ts';
import { tagParameter } from '../../../lambda/deployment/tag-parameter.ts';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import type { FirstTokenProperties } from '../../../lambda/shared/custom-resources.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { awsClients } from '../../support/client.ts';
import { tagsOf } from '../../support/tags.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

let endpoint: AwsEndpoint;
let failures: Error[];
let reason: string;
/** How many runs find another run at work. */
let busy: number;
let left: string;
/** Milliseconds of each run, and of the whole request. */
let time: { run: number; left: number };
let clock: TestClock;

beforeEach(async () => {
  failures = [];
  time = { run: 0, left: 360_000 };
  clock = createTestClock();
  reason = 'source-changed';
  [busy, left] = [0, 'being-replaced'];
  endpoint = await startAwsEndpoint({
    functions: {
      refresher: async () => {
        clock.advance(time.run);
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        busy -= 1;
        return busy < 0 ? { outcome: 'minted', reason } : { outcome: 'kept', reason: left };
      },
    },
  });
});
afterEach(() => endpoint.close());

const run = async (
  variables: Readonly<Record<string, string>> = {},
  { functionArn = 'refresher', secretMayBeEmpty = 'false' as 'true' | 'false' } = {},
) => {
  const properties = {
    FunctionArn: functionArn,
    Environment: { Variables: variables },
    SecretMayBeEmpty: secretMayBeEmpty,
  };
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

test.for(['being-replaced', 'already-replaced'])(
  'runs the refresher again if it left the token to another run, perhaps with the former settings: %s',
  async (found) => {
    [busy, left] = [2, found];
    expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [5_000, 10_000] });
  },
);

test('runs the refresher again for longer than the claim of a run that has died', async () => {
  busy = 8;
  const { outcome, sleeps } = await run();
  expect(outcome).toBe('a token is stored');
  expect(sleeps).toEqual([5_000, 10_000, 15_000, 20_000, 20_000, 20_000, 20_000, 20_000]);
});

test.for([
  ['its own permission to invoke the refresher', 'AccessDeniedException', 403],
  ["Lambda's permission to decrypt the environment", 'KMSAccessDeniedException', 502],
] as const)('waits for %s', async ([, type, status]) => {
  let denials = 1;
  endpoint.intercept(({ operation }) => {
    if (operation !== 'Invoke' || denials === 0) return undefined;
    denials -= 1;
    return { status, type, message: 'not authorized' };
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
  time = { run: 60_000, left: 170_000 };
  expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [40_000] });
});

test('fails with the last failure of slow runs in time to answer CloudFormation', async () => {
  failures = Array.from({ length: 9 }, () => new Error('STORE_UNAVAILABLE: denied'));
  time = { run: 60_000, left: 360_000 };
  const start = clock.now();
  expect(await run()).toEqual({ outcome: 'STORE_UNAVAILABLE: denied', sleeps: [5_000, 10_000, 15_000] });
  expect(clock.now() - start).toBeLessThanOrEqual(290_000);
});

describe('if the refresher fails, a deployment', () => {
  const SETTINGS = {
    [ENVIRONMENT.tokenUrl]: 'https://auth.example.com/token',
    [ENVIRONMENT.credentialsSecretId]: 'secret',
    [ENVIRONMENT.parameterName]: '/a/b',
    [ENVIRONMENT.parameterKeyId]: 'alias/k',
    [ENVIRONMENT.parameterTags]: '{"team":"travel"}',
    [ENVIRONMENT.checkEvery]: '300',
    [ENVIRONMENT.refreshBefore]: '1800',
  };
  const now = 1_800_000_000;
  const UNAVAILABLE = 'ENDPOINT_UNAVAILABLE: another run is minting, or the endpoint is down';
  const WAITS = [5_000, 10_000, 15_000, 20_000, 20_000, 20_000, 20_000, 20_000];

  /** Stores a token of the current version of the secret. */
  const store = async (fields: Partial<StoredToken> = {}): Promise<void> => {
    const { ssm, secretsManager } = awsClients(endpoint.url);
    const SecretString = '{"client_id":"i","client_secret":"s"}';
    const { VersionId = '' } = await secretsManager.send(
      new CreateSecretCommand({ Name: 'secret', SecretString }),
    );
    const record: StoredToken = {
      access_token: 'token',
      token_type: 'Bearer',
      issued_at: now - 60,
      expires_at: now + 60,
      source: sourceFingerprint(readConfiguration(SETTINGS), VersionId),
      ...fields,
    };
    const input = { Name: '/a/b', Value: JSON.stringify(record), Type: 'SecureString' } as const;
    await ssm.send(new PutParameterCommand(input));
  };
  beforeEach(() => {
    failures = [new Error('RATE_LIMITED: later')];
  });

  test('succeeds with the reason, and tags the parameter, while a valid token is stored', async () => {
    await store();
    expect((await run(SETTINGS)).outcome).toBe('the stored token is still valid; RATE_LIMITED: later');
    expect(await tagsOf(awsClients(endpoint.url).ssm, '/a/b')).toEqual({ team: 'travel' });
  });

  test('succeeds while the token of the previous credentials is still valid', async () => {
    await store();
    const SecretString = '{"client_id":"next","client_secret":"s"}';
    const { secretsManager } = awsClients(endpoint.url);
    await secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString }));
    expect((await run(SETTINGS)).outcome).toBe('the stored token is still valid; RATE_LIMITED: later');
  });

  test.for<[string, Partial<StoredToken>, Readonly<Record<string, string>>?]>([
    ['has expired', { expires_at: now }],
    ['was minted with other settings', { source: sha256('other') }],
    ['is stored for other settings', {}, { [ENVIRONMENT.scope]: 'another' }],
    ['cannot be compared with the settings', {}, { [ENVIRONMENT.checkEvery]: '' }],
  ])('fails if the stored token %s', async ([, fields, changes]) => {
    await store(fields);
    expect((await run({ ...SETTINGS, ...changes })).outcome).toBe('RATE_LIMITED: later');
    expect(await tagsOf(awsClients(endpoint.url).ssm, '/a/b')).toEqual({});
  });

  test.for<[string, Partial<StoredToken>, unknown]>([
    [
      'succeeds if a valid token of its settings is stored',
      { expires_at: now + 600 },
      /^the stored token is still valid; other runs/,
    ],
    [
      'fails if the stored token has expired',
      { expires_at: now },
      /^other runs of the refresher were minting all the time, .* not tried\. Deploy again\. If this lasts, .*\.$/,
    ],
    ['fails if the stored token was minted with other settings', { source: sha256('other') }, /^other runs/],
  ])('%s, and other runs mint all the time', async ([, fields, outcome]) => {
    await store(fields);
    [failures, busy] = [[], 9];
    expect(await run(SETTINGS)).toEqual({ outcome: expect.stringMatching(outcome as RegExp), sleeps: WAITS });
  });

  test.for<[string, object, string, readonly number[]]>([
    ['has the claim', { expires_at: now + 16 }, 'a token is stored', [5_000]],
    ['has released the claim', { expires_at: 0 }, UNAVAILABLE, []],
    ['has let the claim expire', { expires_at: now }, UNAVAILABLE, []],
    ['has never claimed', { owner: undefined }, UNAVAILABLE, []],
  ])(
    'runs again after ENDPOINT_UNAVAILABLE only if another run is minting the first token: that run %s',
    async ([, fields, outcome, sleeps]) => {
      const claim = JSON.stringify({ owner: 'another', replaces: 0, expires_at: 0, ...fields });
      const input = { Name: '/a/b.claim', Value: claim, Type: 'String' } as const;
      await awsClients(endpoint.url).ssm.send(new PutParameterCommand(input));
      failures = [new Error(UNAVAILABLE)];
      const { [ENVIRONMENT.parameterTags]: _, ...settings } = SETTINGS;
      expect(await run(settings)).toEqual({ outcome, sleeps });
    },
  );

  test('fails with the failure of the refresher if the claim cannot be read', async () => {
    endpoint.intercept(({ operation }) =>
      operation === 'GetParameter'
        ? { status: 400, type: 'AccessDeniedException', message: 'no' }
        : undefined,
    );
    failures = [new Error(UNAVAILABLE)];
    expect(await run(SETTINGS)).toEqual({ outcome: UNAVAILABLE, sleeps: [] });
  });

  test('spends at most eight seconds on each read afterwards, so that CloudFormation gets its answer', async () => {
    await store();
    const Value = JSON.stringify({ owner: 'another', replaces: 1, expires_at: now + 16 });
    await awsClients(endpoint.url).ssm.send(
      new PutParameterCommand({ Name: '/a/b.claim', Value, Type: 'String' }),
    );
    const limits: number[] = [];
    clock.timeout = (milliseconds) => {
      limits.push(milliseconds);
      return AbortSignal.abort();
    };
    failures = [new Error(UNAVAILABLE)];
    expect(await run(SETTINGS)).toEqual({ outcome: UNAVAILABLE, sleeps: [] });
    expect(limits).toEqual([8_000, 8_000]);
  });

  test('does not look at the claim after a failure that has another reason', async () => {
    expect((await run(SETTINGS)).outcome).toBe('RATE_LIMITED: later');
    const read = endpoint.calls.map(({ input }) => input.Name);
    expect(read).not.toContain('/a/b.claim');
  });

  test('fails if no token is stored', async () => {
    expect((await run(SETTINGS)).outcome).toBe('RATE_LIMITED: later');
  });

  test.for([
    ['succeeds', 'true', 'the secret is empty; the schedule mints once it holds credentials'],
    ['fails', 'false', 'CREDENTIALS_NOT_SET: empty'],
  ] as const)('%s with an empty secret if SecretMayBeEmpty is %s', async ([, secretMayBeEmpty, outcome]) => {
    failures = [new Error('CREDENTIALS_NOT_SET: empty')];
    expect(await run({}, { secretMayBeEmpty })).toEqual({ outcome, sleeps: [] });
  });

  test('fails although the secret may be empty if the failure is another', async () => {
    expect((await run({}, { secretMayBeEmpty: 'true' })).outcome).toBe('RATE_LIMITED: later');
  });

  test('fails at once, and names the reason, if there is no refresher', async () => {
    expect(await run({}, { functionArn: 'gone' })).toEqual({
      outcome: expect.stringMatching(
        /^the refresher function could not be invoked: ResourceNotFoundException/,
      ),
      sleeps: [],
    });
  });
});

test('fails with FirstTokenError, whose message appears in the events of the stack', async () => {
  failures = [new Error('CLIENT_REJECTED: no')];
  const properties = { FunctionArn: 'refresher', Environment: { Variables: {} }, SecretMayBeEmpty: 'false' };
  const tools = { ...awsClients(endpoint.url), ...deploymentTime(clock, 360_000), firstMetricMs: 0 };
  const failed = mintFirstToken(properties as FirstTokenProperties, tools);
  await expect(failed).rejects.toThrow(FirstTokenError);
  await expect(failed).rejects.toMatchObject({ name: 'FirstTokenError' });
});

test('does not wait for the metric if no time is left', async () => {
  reason = 'missing';
  time = { run: 70_000, left: 110_000 };
  expect(await run()).toEqual({ outcome: 'a token is stored', sleeps: [0] });
});

test.for([
  ['fits exactly', 150_000, [5_000]],
  ['is a millisecond too short', 149_999, []],
] as const)('repeats an attempt only if it can end in time: the time %s', async ([, left, sleeps]) => {
  failures = [new Error('STORE_UNAVAILABLE: denied')];
  // An attempt takes up to 75 seconds, and 70 are kept for the answer to CloudFormation.
  time = { run: 0, left };
  expect((await run()).sleeps).toEqual(sleeps);
});

test('fails if the parameter cannot be tagged', async () => {
  endpoint.intercept(({ operation }) =>
    operation === 'AddTagsToResource'
      ? { status: 400, type: 'ValidationException', message: 'no' }
      : undefined,
  );
  const variables = { [ENVIRONMENT.parameterName]: '/a', [ENVIRONMENT.parameterTags]: '{"team":"travel"}' };
  expect(await run(variables)).toEqual({
    outcome:
      'STORE_UNAVAILABLE: parameter /a could not be tagged: ValidationException (HTTP 400). ' +
      "If access is denied, check that the policies of the deployment function's role and of the organization allow " +
      'ssm:AddTagsToResource on the parameter. Then deploy again.',
    sleeps: [],
  });
  const tools = { ...awsClients(endpoint.url), ...deploymentTime(clock, time.left) };
  await expect(tagParameter(variables, tools)).rejects.toMatchObject({
    details: { reason: 'ValidationException' },
  });
});
