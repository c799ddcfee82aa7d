import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type CredentialsMemory,
  type CredentialsObservations,
  knownCredentials,
  knownVersions,
} from '../../../lambda/refresher/known-credentials.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createInProcessAws, type InProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock } from '../../support/test-clock.ts';

const configuration = configurationFor('https://auth.example.com/token');

let aws: InProcessAws;
let memory: CredentialsMemory;
let observations: CredentialsObservations;

beforeEach(async () => {
  aws = createInProcessAws(() => 1_800_000_000_000);
  [memory, observations] = [{}, {}];
  await aws.secretsManager.send(new CreateSecretCommand({ Name: 'secret', SecretString: secretOf('first') }));
});

const secretOf = (id: string) => JSON.stringify({ client_id: id, client_secret: 'secret' });
const rotate = (id: string) =>
  aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString: secretOf(id) }));
/** From now on, this operation fails. */
const fail = (operation: string, error: Error) => {
  aws.onCall = (called) => {
    if (called === operation) throw error;
  };
};
const named = (name: string, more: object = {}) => Object.assign(new Error('why'), { name, ...more });
const clock = createTestClock();
const tools = () => ({
  ...{ secretsManager: aws.secretsManager, memory, observations, clock },
  deadline: clock.now() + 40_000,
});
const versions = () => knownVersions(tools(), configuration);
const read = (version: string) => knownCredentials(tools(), configuration, version);
/** A run: reads the versions and the current credentials. */
const run = async () => read((await versions()).current);

const DOWN = [
  ['is throttled', new AwsError('ThrottlingException', 'Rate exceeded')],
  ['fails with HTTP 500', named('InternalServiceError', { $metadata: { httpStatusCode: 500 } })],
  ['fails with HTTP 503', named('ServiceUnavailable', { $metadata: { httpStatusCode: 503 } })],
  ['does not answer in time', named('TimeoutError')],
  ['resets the connection', named('Error', { code: 'ECONNRESET' })],
  ['cannot be found in DNS', named('Error', { code: 'ENOTFOUND' })],
] as const;

const DECIDED = [
  ['denies access', named('AccessDeniedException'), 'CREDENTIALS_UNAVAILABLE'],
  ['finds no AWS credentials', named('CredentialsProviderError'), 'CREDENTIALS_UNAVAILABLE'],
  ['has no such secret', named('ResourceNotFoundException'), 'CREDENTIALS_NOT_FOUND'],
  ['deletes the secret soon', named('InvalidRequestException'), 'CREDENTIALS_NOT_FOUND'],
] as const;

describe.for(['DescribeSecret', 'GetSecretValue'])('in a warm container, if %s', (operation) => {
  test.for(DOWN)('%s, a run uses the credentials of an earlier one, and notes it', async ([, error]) => {
    const known = await run();
    expect(observations).toEqual({});
    fail(operation, error);
    expect(await run()).toEqual(known);
    expect(observations).toEqual({ credentialsRemembered: true });
  });

  test.for(DECIDED)('%s, a run fails', async ([, error, code]) => {
    await run();
    fail(operation, error);
    await expect(run()).rejects.toMatchObject({ code });
    expect(observations).toEqual({});
  });
});

test.for(['DescribeSecret', 'GetSecretValue'])(
  'in a cold container, a run fails if %s does not answer',
  async (operation) => {
    fail(operation, named('TimeoutError'));
    await expect(run()).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' });
    expect(observations).toEqual({});
  },
);

test('remembered credentials do not replace a value that is no longer valid', async () => {
  await run();
  const { current } = await versions();
  const { credentials } = memory;
  await aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString: 'plain' }));
  await expect(run()).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
  expect((await versions()).previous).toBe(current);
  expect(memory.credentials).toEqual(credentials);
});

test('the current and the previous credentials are remembered, and a version without a stage is forgotten', async () => {
  await run();
  const { current: first } = await versions();
  await rotate('second');
  await run();
  const second = await versions();
  expect(second.previous).toBe(first);
  fail('GetSecretValue', named('TimeoutError'));
  expect(await read(first)).toMatchObject({ clientId: 'first' });
  expect(await read(second.current)).toMatchObject({ clientId: 'second' });

  // A run also reads the previous ones, if the endpoint refuses the current ones.
  aws.onCall = () => undefined;
  await read(first);
  fail('GetSecretValue', named('TimeoutError'));
  expect(await read(second.current)).toMatchObject({ clientId: 'second' });

  aws.onCall = () => undefined;
  await rotate('third');
  await run();
  expect([...(memory.credentials?.values() ?? [])].map(({ clientId }) => clientId)).toEqual([
    'second',
    'third',
  ]);
  fail('GetSecretValue', named('TimeoutError'));
  await expect(read(first)).rejects.toMatchObject({ code: 'CREDENTIALS_UNAVAILABLE' });
});
