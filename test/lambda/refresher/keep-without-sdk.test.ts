import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';
import { keepWithoutSdk } from '../../../lambda/refresher/keep-without-sdk.ts';
import { run } from '../../../lambda/refresher/run.ts';
import type { ToolsWithoutSdk } from '../../../lambda/refresher/run-with-sdk.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import type { AwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { startAws } from '../../support/aws.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { confidential } from '../../support/confidential.ts';
import { createTestClock } from '../../support/test-clock.ts';

const PARAMETER = '/a/b';
const SECRET = 'credentials';
const EMPTY_SECRET = 'empty';
const NOW = 1_800_000_000;
const LIFETIME = 3_600;

let cloud: AwsEndpoint;
let clients: AwsClients;
let environment: Record<string, string>;
let source: string;

const putRecord = (value: object | string, Type: 'SecureString' | 'String' = 'SecureString') => {
  const Value = typeof value === 'string' ? value : JSON.stringify(value);
  return clients.ssm.send(new PutParameterCommand({ Name: PARAMETER, Type, Value, Overwrite: true }));
};
/** A record of a token that was minted `age` seconds ago. */
const recordOf = (age: number, fields: object = {}) => ({
  access_token: confidential('token-that-is-kept'),
  token_type: 'Bearer',
  issued_at: NOW - age,
  expires_at: NOW - age + LIFETIME,
  source,
  ...fields,
});

/** The source of a token that is minted now. */
const currentSource = async () => {
  const secret = await clients.secretsManager.send(new DescribeSecretCommand({ SecretId: SECRET }));
  const stages = Object.entries(secret.VersionIdsToStages ?? {});
  const [current = ''] = stages.find(([, names]) => names.includes('AWSCURRENT')) ?? [];
  return sourceFingerprint(readConfiguration(environment), current);
};
const rotate = () =>
  clients.secretsManager.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString: '{"a":1}' }));

beforeEach(async () => {
  cloud = await startAws();
  clients = awsClients(cloud.url);
  environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: cloud.url,
    [ENVIRONMENT.tokenUrl]: 'https://auth.example.com/token',
    [ENVIRONMENT.credentialsSecretId]: SECRET,
    [ENVIRONMENT.parameterName]: PARAMETER,
    [ENVIRONMENT.parameterKeyId]: 'alias/k',
    [ENVIRONMENT.checkEvery]: '300',
    [ENVIRONMENT.refreshBefore]: '1800',
  };
  const { secretsManager } = clients;
  await secretsManager.send(new CreateSecretCommand({ Name: EMPTY_SECRET }));
  await secretsManager.send(new CreateSecretCommand({ Name: SECRET, SecretString: '{}' }));
  source = await currentSource();
});
afterEach(() => cloud.close());

/** Tools that record what a run reports. */
const newTools = (options: Partial<ToolsWithoutSdk> = {}) => {
  const reported: unknown[] = [];
  const record =
    (name: string) =>
    (...args: unknown[]) =>
      void reported.push([name, ...args]);
  const tools: ToolsWithoutSdk = {
    clock: createTestClock(NOW * 1_000),
    fetch: () => Promise.reject(new Error('no request is expected')),
    random: Math.random,
    memory: {},
    telemetry: {
      logger: { info: record('info'), warn: record('warn'), error: record('error') },
      metrics: { addMetric: record('addMetric'), singleMetric: () => expect.unreachable() } as never,
    },
    publish: record('publish'),
    runId: 'run',
    startedAt: NOW * 1_000,
    remaining: 420_000,
    isAwaited: false,
    ...options,
  };
  return { tools, reported };
};

interface KeptCase {
  readonly title: string;
  /** Seconds since the token was minted. */
  readonly age?: number;
  readonly fields?: object;
  readonly more?: Readonly<Record<string, string>>;
  readonly arrange?: () => Promise<unknown>;
}

describe('a check makes the same calls and reports the same, with and without the SDK, for a token', () => {
  test.for<KeptCase>([
    { title: 'of ten minutes ago' },
    { title: 'of this second', age: 0 },
    { title: 'of a clock that is ahead', age: -30 },
    { title: 'with a scope', fields: { scope: 'read' } },
    { title: 'with a time for its successor', fields: { refresh_at: NOW + 2_000 } },
    { title: 'of a day', fields: { expires_at: NOW + 86_400 } },
    { title: 'that is checked each minute', more: { [ENVIRONMENT.checkEvery]: '60' } },
    { title: 'that the next one revokes', more: { [ENVIRONMENT.revokesFormerToken]: 'true' } },
    { title: 'in an advanced parameter', more: { [ENVIRONMENT.parameterTier]: 'Advanced' } },
    { title: 'of rotated credentials', arrange: rotate },
    { title: 'with tags', more: { [ENVIRONMENT.parameterTags]: '{"team":"travel"}' } },
  ])('$title', async ({ age = 600, fields, more, arrange }) => {
    Object.assign(environment, more);
    await arrange?.();
    source = await currentSource();
    await putRecord(recordOf(age, fields));
    const before = cloud.calls.length;
    const withSdk = newTools();
    const { ssm, secretsManager } = clients;
    const sdk = { ssm, tokenWriter: ssm, secretsManager };
    const expected = await run({}, environment, { ...withSdk.tools, ...sdk });
    const calls = cloud.calls.slice(before);

    const without = newTools();
    expect(await keepWithoutSdk({}, environment, without.tools)).toEqual(expected);
    expect(expected).toMatchObject({ outcome: 'kept', reason: 'fresh' });
    expect(without.reported).toEqual(withSdk.reported);
    expect(without.tools.memory).toEqual(withSdk.tools.memory);
    expect(cloud.calls.slice(before + calls.length)).toEqual(calls);
  });
});

interface Case {
  readonly title: string;
  readonly arrange?: () => unknown;
  readonly event?: object;
  readonly more?: Readonly<Record<string, string>>;
  readonly options?: Partial<ToolsWithoutSdk>;
}
const fail = (operation: string, status: number, type: string) => () =>
  cloud.intercept((call) => (call.operation === operation ? { status, type, message: 'no' } : undefined));
const answer = (operation: string, body: string) => () =>
  cloud.intercept((call) => (call.operation === operation ? { body } : undefined));

describe('the run with the SDK starts from the beginning, and nothing was reported, if', () => {
  test.for<Case>([
    { title: 'a caller waits for the answer', options: { isAwaited: true } },
    { title: 'a consumer reports a rejected token', event: { rejected: sha256('of another token') } },
    { title: 'an operator forces a new token', event: { force: true } },
    { title: 'the event is unknown', event: { unknown: true } },
    { title: 'a setting is invalid', more: { [ENVIRONMENT.tokenUrl]: 'not a URL' } },
    { title: 'the token is due', arrange: () => putRecord(recordOf(1_900)) },
    { title: 'the run waits for the token to become due', arrange: () => putRecord(recordOf(1_500)) },
    {
      title: 'the token has another source',
      arrange: () => putRecord(recordOf(600, { source: sha256('') })),
    },
    { title: 'the record is damaged', arrange: () => putRecord(recordOf(600, { expires_at: 0 })) },
    { title: 'the value belongs to somebody else', arrange: () => putRecord('{}') },
    { title: 'there is no parameter', more: { [ENVIRONMENT.parameterName]: '/another' } },
    { title: 'there is no secret', more: { [ENVIRONMENT.credentialsSecretId]: 'another' } },
    { title: 'the secret is empty', more: { [ENVIRONMENT.credentialsSecretId]: EMPTY_SECRET } },
    { title: 'the secret will be deleted', arrange: answer('DescribeSecret', '{"DeletedDate":1}') },
    { title: 'Parameter Store denies the read', arrange: fail('GetParameter', 400, 'AccessDeniedException') },
    { title: 'Parameter Store throttles', arrange: fail('GetParameter', 400, 'ThrottlingException') },
    { title: 'Parameter Store is down', arrange: fail('GetParameter', 503, 'ServiceUnavailable') },
    { title: 'Secrets Manager is down', arrange: fail('DescribeSecret', 500, 'InternalServiceError') },
    { title: 'a proxy answers with a page', arrange: answer('GetParameter', '<html>') },
    { title: 'the answer holds no parameter', arrange: answer('GetParameter', '{}') },
    {
      title: 'the parameter is not a SecureString',
      arrange: answer('GetParameter', '{"Parameter":{"Type":"String","Value":"","Version":1}}'),
    },
    { title: 'nobody listens', more: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } },
    { title: 'the environment asks for FIPS endpoints', more: { AWS_USE_FIPS_ENDPOINT: 'true' } },
    { title: 'the environment has no credentials', more: { AWS_ACCESS_KEY_ID: '' } },
  ])('$title', async ({ arrange, event = {}, more, options }) => {
    await putRecord(recordOf(600));
    await arrange?.();
    const { tools, reported } = newTools(options);
    expect(await keepWithoutSdk(event, { ...environment, ...more }, tools)).toBeUndefined();
    expect(reported).toEqual([]);
    expect(tools.memory).toEqual({});
  });
});

test.for(['AWS_ENDPOINT_URL_SSM', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'])(
  'a check calls the endpoint in %s',
  async (variable) => {
    await putRecord(recordOf(600));
    const { tools } = newTools();
    const unused = { ...environment, [variable]: 'http://127.0.0.1:1' };
    expect(await keepWithoutSdk({}, unused, tools)).toBeUndefined();
    expect(await keepWithoutSdk({}, { ...environment, [variable]: cloud.url }, tools)).toBeDefined();
  },
);
