import { randomUUID } from 'node:crypto';
import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { startAws } from '../../support/aws.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';

let endpoint: AwsEndpoint;
let ssm: AwsClients['ssm'];

beforeAll(async () => {
  endpoint = await startAws();
  ({ ssm } = awsClients(endpoint.url));
});
afterAll(() => endpoint.close());

/** No name is used by two tests. */
const name = () => `/test-${randomUUID()}/parameter`;
const put = (input: Partial<PutParameterCommandInput>) =>
  ssm.send(new PutParameterCommand({ Name: name(), Value: 'value', Type: 'SecureString', ...input }));
const get = (Name: string, WithDecryption = true) =>
  ssm.send(new GetParameterCommand({ Name, WithDecryption }));

describe('Parameter Store', () => {
  test('gives a SecureString in the clear only with decryption', async () => {
    const Name = name();
    await put({ Name, Value: 'the plain value' });
    expect((await get(Name)).Parameter).toMatchObject({ Value: 'the plain value', Type: 'SecureString' });
    const encrypted = (await get(Name, false)).Parameter?.Value ?? '';
    expect(encrypted).not.toContain('the plain value');
    expect(Buffer.from(encrypted, 'base64').toString('latin1')).not.toContain('plain');
  });

  test('counts versions from one, and answers each with its number', async () => {
    const Name = name();
    expect((await put({ Name })).Version).toBe(1);
    expect((await put({ Name, Value: 'second', Overwrite: true })).Version).toBe(2);
    expect((await get(Name)).Parameter).toMatchObject({ Value: 'second', Version: 2 });
    expect((await get(`${Name}:1`)).Parameter).toMatchObject({ Value: 'value', Version: 1 });
  });

  test('gives each of many writes at once a number of its own', async () => {
    const Name = name();
    const writes = Array.from({ length: 20 }, () => put({ Name, Type: 'String', Overwrite: true }));
    const numbers = (await Promise.all(writes)).map(({ Version }) => Version ?? 0);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test('keeps the latest hundred versions', async () => {
    const Name = name();
    for (let version = 1; version <= 102; version += 1)
      await put({ Name, Value: `v${version}`, Overwrite: true });
    expect((await get(`${Name}:50`)).Parameter?.Value).toBe('v50');
    await expect(get(`${Name}:2`)).rejects.toThrow(
      expect.objectContaining({ name: 'ParameterVersionNotFound' }),
    );
    const history = await ssm.send(new GetParameterHistoryCommand({ Name, MaxResults: 50 }));
    expect(history.Parameters?.map(({ Version }) => Version)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 3),
    );
    const rest = await ssm.send(
      new GetParameterHistoryCommand({ Name, MaxResults: 50, NextToken: history.NextToken }),
    );
    expect(rest.Parameters?.at(-1)?.Version).toBe(102);
    expect(rest.NextToken).toBeUndefined();
  });

  test('stores a value of 8 KB with Intelligent-Tiering', async () => {
    const Name = name();
    const Value = 'x'.repeat(8192);
    await put({ Name, Value, Tier: 'Intelligent-Tiering' });
    expect((await get(Name)).Parameter?.Value).toBe(Value);
  });

  test('moves to the advanced tier above 4 KB and stays there', async () => {
    const Name = name();
    expect((await put({ Name, Tier: 'Intelligent-Tiering' })).Tier).toBe('Standard');
    const large = { Name, Overwrite: true, Tier: 'Intelligent-Tiering', Value: 'x'.repeat(4097) } as const;
    expect((await put(large)).Tier).toBe('Advanced');
    expect((await put({ ...large, Value: 'x' })).Tier).toBe('Advanced');
    await expect(put({ ...large, Tier: 'Standard', Value: 'x' })).rejects.toThrow(
      expect.objectContaining({ name: 'ValidationException' }),
    );
  });

  test('describes without a value, with the key and the tier', async () => {
    const Name = name();
    await put({ Name, KeyId: 'alias/own' });
    const filter = { Key: 'Name', Option: 'Equals', Values: [Name] };
    const described = await ssm.send(new DescribeParametersCommand({ ParameterFilters: [filter] }));
    expect(described.Parameters).toEqual([
      expect.objectContaining({
        Name,
        KeyId: 'alias/own',
        Tier: 'Standard',
        Type: 'SecureString',
        Version: 1,
      }),
    ]);
    expect(described.Parameters?.[0]).not.toHaveProperty('Value');
  });

  test('deletes, after which there is nothing to read or to delete', async () => {
    const Name = name();
    await put({ Name });
    await ssm.send(new DeleteParameterCommand({ Name }));
    const absent = expect.objectContaining({ name: 'ParameterNotFound' });
    await expect(get(Name)).rejects.toThrow(absent);
    await expect(ssm.send(new DeleteParameterCommand({ Name }))).rejects.toThrow(absent);
    expect((await put({ Name })).Version).toBe(1);
  });

  test.for<[string, Partial<PutParameterCommandInput>, string]>([
    ['an existing name without Overwrite', { Overwrite: false }, 'ParameterAlreadyExists'],
    ['another type', { Type: 'String' }, 'HierarchyTypeMismatchException'],
    ['more than 8 KB', { Tier: 'Intelligent-Tiering', Value: 'x'.repeat(8193) }, 'ValidationException'],
    [
      'more than 4 KB in the standard tier',
      { Tier: 'Standard', Value: 'x'.repeat(4097) },
      'ValidationException',
    ],
    ['an empty value', { Value: '' }, 'ValidationException'],
    ['tags with Overwrite', { Tags: [{ Key: 'a', Value: 'b' }] }, 'ValidationException'],
    ['a key id that is none', { KeyId: 'nonsense' }, 'InvalidKeyId'],
    ['a name under /aws', { Name: '/aws/x', Overwrite: false }, 'AccessDeniedException'],
    ['a name under /ssm', { Name: '/ssm/x', Overwrite: false }, 'ValidationException'],
    ['a name with a space', { Name: '/a b', Overwrite: false }, 'ValidationException'],
    ['16 levels', { Name: '/a'.repeat(16), Overwrite: false }, 'HierarchyLevelLimitExceededException'],
  ])('refuses %s', async ([, input, error]) => {
    const Name = name();
    await put({ Name });
    await expect(put({ Name, Overwrite: true, ...input })).rejects.toThrow(
      expect.objectContaining({ name: error }),
    );
  });
});
