import { InvokeCommand } from '@aws-sdk/client-lambda';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsEndpoint, startAwsEndpoint } from '../../local/cloud/endpoint.ts';
import { awsClients } from '../support/client.ts';

let endpoint: AwsEndpoint;
let clients: ReturnType<typeof awsClients>;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({
    functions: {
      echo: async (event) => ({ got: event }),
      nothing: async () => undefined,
      failing: async () => {
        throw new RangeError('what went wrong');
      },
    },
  });
  clients = awsClients(endpoint.url);
});
afterAll(() => endpoint.close());

const put = (input: Partial<PutParameterCommandInput>) =>
  clients.ssm.send(
    new PutParameterCommand({ Name: '/taken', Value: 'value', Type: 'SecureString', ...input }),
  );
const get = (Name: string, WithDecryption = true) =>
  clients.ssm.send(new GetParameterCommand({ Name, WithDecryption }));

describe('Parameter Store', () => {
  test('gives a SecureString in the clear only with decryption', async () => {
    await put({ Name: '/secure/a', Value: 'the plain value' });
    expect((await get('/secure/a')).Parameter?.Value).toBe('the plain value');
    const encrypted = (await get('/secure/a', false)).Parameter?.Value ?? '';
    expect(Buffer.from(encrypted, 'base64').toString('latin1')).not.toContain('plain');
    expect(encrypted).not.toContain('the plain value');
  });

  test('counts versions, keeps the latest hundred and gives each by its number', async () => {
    for (let version = 1; version <= 102; version += 1)
      await put({ Name: '/many', Value: `v${version}`, Overwrite: true });
    expect((await get('/many:50')).Parameter?.Value).toBe('v50');
    await expect(get('/many:2')).rejects.toThrow(
      expect.objectContaining({ name: 'ParameterVersionNotFound' }),
    );
    const history = await clients.ssm.send(
      new GetParameterHistoryCommand({ Name: '/many', MaxResults: 50, NextToken: '50' }),
    );
    expect(history.Parameters?.at(-1)?.Version).toBe(102);
    expect(history.NextToken).toBeUndefined();
  });

  test('moves to the advanced tier above 4 KB and stays there', async () => {
    expect((await put({ Name: '/tier', Tier: 'Intelligent-Tiering' })).Tier).toBe('Standard');
    const large = {
      Name: '/tier',
      Overwrite: true,
      Tier: 'Intelligent-Tiering',
      Value: 'x'.repeat(4097),
    } as const;
    expect((await put(large)).Tier).toBe('Advanced');
    expect((await put({ ...large, Value: 'x' })).Tier).toBe('Advanced');
    await expect(put({ ...large, Tier: 'Standard', Value: 'x' })).rejects.toThrow(
      expect.objectContaining({ name: 'ValidationException' }),
    );
  });

  test('describes without a value and deletes', async () => {
    await put({ Name: '/gone', KeyId: 'alias/own' });
    const filter = { Key: 'Name', Option: 'Equals', Values: ['/gone'] };
    const described = await clients.ssm.send(new DescribeParametersCommand({ ParameterFilters: [filter] }));
    expect(described.Parameters).toEqual([
      expect.objectContaining({ Name: '/gone', KeyId: 'alias/own', Tier: 'Standard' }),
    ]);
    expect(JSON.stringify(described.Parameters)).not.toContain('"Value"');
    await clients.ssm.send(new DeleteParameterCommand({ Name: '/gone' }));
    await expect(get('/gone')).rejects.toThrow(expect.objectContaining({ name: 'ParameterNotFound' }));
  });

  test.for<[string, Partial<PutParameterCommandInput>, string]>([
    ['an existing name without Overwrite', {}, 'ParameterAlreadyExists'],
    ['another type', { Type: 'String', Overwrite: true }, 'HierarchyTypeMismatchException'],
    ['more than 8 KB', { Overwrite: true, Tier: 'Advanced', Value: 'x'.repeat(8193) }, 'ValidationException'],
    [
      'more than 4 KB in the standard tier',
      { Overwrite: true, Value: 'x'.repeat(4097) },
      'ValidationException',
    ],
    ['an empty value', { Overwrite: true, Value: '' }, 'ValidationException'],
    ['tags with Overwrite', { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] }, 'ValidationException'],
    ['a key id that is none', { Overwrite: true, KeyId: 'nonsense' }, 'InvalidKeyId'],
    ['a name under /aws', { Name: '/aws/x' }, 'AccessDeniedException'],
    ['a name with a space', { Name: '/a b' }, 'ValidationException'],
    ['16 levels', { Name: '/a'.repeat(16) }, 'HierarchyLevelLimitExceededException'],
  ])('refuses %s', async ([, input, name]) => {
    await put({ Name: '/taken', Overwrite: true });
    await expect(put({ Name: '/taken', ...input })).rejects.toThrow(expect.objectContaining({ name }));
  });
});

describe('Secrets Manager', () => {
  const create = (Name: string, SecretString?: string) =>
    clients.secretsManager.send(
      new CreateSecretCommand({ Name, ...(SecretString === undefined ? {} : { SecretString }) }),
    );
  const value = (SecretId: string, VersionStage?: string) =>
    clients.secretsManager.send(
      new GetSecretValueCommand({ SecretId, ...(VersionStage === undefined ? {} : { VersionStage }) }),
    );

  test('has no version while a secret is empty', async () => {
    const { ARN = '' } = await create('empty');
    const described = await clients.secretsManager.send(new DescribeSecretCommand({ SecretId: ARN }));
    expect(described.VersionIdsToStages).toBeUndefined();
    await expect(value(ARN)).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
  });

  test('moves the stages when a value is put', async () => {
    await create('staged', 'one');
    await clients.secretsManager.send(new PutSecretValueCommand({ SecretId: 'staged', SecretString: 'two' }));
    expect((await value('staged')).SecretString).toBe('two');
    expect((await value('staged', 'AWSPREVIOUS')).SecretString).toBe('one');
    await clients.secretsManager.send(
      new PutSecretValueCommand({ SecretId: 'staged', SecretString: 'three' }),
    );
    const { VersionIdsToStages: stages = {} } = await clients.secretsManager.send(
      new DescribeSecretCommand({ SecretId: 'staged' }),
    );
    expect(Object.values(stages).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    expect((await value('staged', 'AWSPREVIOUS')).SecretString).toBe('two');
  });

  test('refuses to read a secret that is to be deleted, and forgets one that is', async () => {
    await create('deleted', 'x');
    await clients.secretsManager.send(
      new DeleteSecretCommand({ SecretId: 'deleted', RecoveryWindowInDays: 7 }),
    );
    await expect(value('deleted')).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidRequestException' }),
    );
    await clients.secretsManager.send(
      new DeleteSecretCommand({ SecretId: 'deleted', ForceDeleteWithoutRecovery: true }),
    );
    await expect(value('deleted')).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceNotFoundException' }),
    );
  });

  test('refuses a name that is taken', async () => {
    await create('twice', 'x');
    await expect(create('twice', 'y')).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceExistsException' }),
    );
  });
});

describe('Lambda', () => {
  const invoke = async (FunctionName: string, event: unknown = {}) => {
    const answer = await clients.lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    const payload: unknown = JSON.parse(answer.Payload?.transformToString() ?? '');
    return { payload, error: answer.FunctionError, version: answer.ExecutedVersion };
  };

  test.for([
    'echo',
    'echo:PROD',
    'arn:aws:lambda:us-east-1:000000000000:function:echo',
    '000000000000:function:echo:1',
  ])('hands the event to the function that %s names, and answers its result', async (name) => {
    expect(await invoke(name, { a: [1] })).toEqual({
      payload: { got: { a: [1] } },
      error: undefined,
      version: '$LATEST',
    });
  });

  test('answers null where a function returns nothing', async () => {
    expect((await invoke('nothing')).payload).toBeNull();
  });

  test("answers a function's error as the runtime writes it down", async () => {
    expect(await invoke('failing')).toEqual({
      payload: { errorType: 'RangeError', errorMessage: 'what went wrong', trace: expect.any(Array) },
      error: 'Unhandled',
      version: '$LATEST',
    });
  });

  test('refuses a function that does not exist, an event that is no JSON, and another invocation type', async () => {
    const refused = (input: object) =>
      clients.lambda.send(new InvokeCommand({ FunctionName: 'echo', ...input }));
    await expect(refused({ FunctionName: 'absent' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(refused({ Payload: '{' })).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
    await expect(refused({ InvocationType: 'Event' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('is noted and can be answered in its place, as every call', async () => {
    const restore = endpoint.intercept(({ service }) =>
      service === 'lambda'
        ? { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' }
        : undefined,
    );
    await expect(invoke('echo', { noted: true })).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    restore();
    expect(endpoint.calls.at(-1)).toEqual({
      service: 'lambda',
      operation: 'Invoke',
      input: { FunctionName: 'echo', Payload: { noted: true } },
    });
  });
});

test.for<[string, Record<string, string>, string, string]>([
  [
    'an unknown operation',
    { 'x-amz-target': 'AmazonSSM.Nothing', authorization: 'x' },
    '{}',
    'UnknownOperationException',
  ],
  [
    'a request without credentials',
    { 'x-amz-target': 'AmazonSSM.GetParameter' },
    '{}',
    'MissingAuthenticationTokenException',
  ],
  [
    'a body that is no JSON',
    { 'x-amz-target': 'AmazonSSM.GetParameter', authorization: 'x' },
    '{',
    'SerializationException',
  ],
])('refuses %s in the shape of AWS', async ([, headers, body, type]) => {
  const response = await fetch(endpoint.url, { method: 'POST', headers, body });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: type });
});
