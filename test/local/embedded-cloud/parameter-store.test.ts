import { randomUUID } from 'node:crypto';
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  GetParameterCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { startAws } from '../../support/aws.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { tagsOf } from '../../support/tags.ts';

let endpoint: AwsEndpoint;
let ssm: AwsClients['ssm'];

beforeAll(async () => {
  endpoint = await startAws();
  ({ ssm } = awsClients(endpoint.url));
});
afterAll(() => endpoint.close());

/** A new name for each test. */
const name = () => `/test-${randomUUID()}/parameter`;
const put = (input: Partial<PutParameterCommandInput>) =>
  ssm.send(new PutParameterCommand({ Name: name(), Value: 'value', Type: 'SecureString', ...input }));
const tag = (ResourceId: string, Value: string) =>
  ssm.send(
    new AddTagsToResourceCommand({ ResourceType: 'Parameter', ResourceId, Tags: [{ Key: 'team', Value }] }),
  );
const get = (Name: string, WithDecryption = true) =>
  ssm.send(new GetParameterCommand({ Name, WithDecryption }));

describe('Parameter Store', () => {
  test('returns the plain value of a SecureString only with decryption', async () => {
    const Name = name();
    await put({ Name, Value: 'the plain value' });
    expect((await get(Name)).Parameter).toMatchObject({ Value: 'the plain value', Type: 'SecureString' });
    const encrypted = (await get(Name, false)).Parameter?.Value ?? '';
    expect(encrypted).not.toContain('the plain value');
    expect(Buffer.from(encrypted, 'base64').toString('latin1')).not.toContain('plain');
  });

  test('returns the latest value and its version, counted from 1', async () => {
    const Name = name();
    expect((await put({ Name })).Version).toBe(1);
    expect((await put({ Name, Value: 'second', Overwrite: true })).Version).toBe(2);
    expect((await get(Name)).Parameter).toMatchObject({ Value: 'second', Version: 2 });
  });

  test.for(['name', 'ARN'])('returns a former version after the %s', async (reference) => {
    const Name = name();
    await put({ Name, Value: 'first' });
    await put({ Name, Value: 'second', Overwrite: true });
    const { Parameter: { ARN = '' } = {} } = await get(Name);
    const parameter = reference === 'name' ? Name : ARN;
    expect((await get(`${parameter}:1`)).Parameter).toMatchObject({ Name, Value: 'first', Version: 1 });
    expect((await get(`${parameter}:2`)).Parameter).toMatchObject({ Name, Value: 'second', Version: 2 });
  });

  test('keeps the latest hundred versions', async () => {
    const Name = name();
    for (let written = 1; written <= 102; written += 1)
      await put({ Name, Value: `value ${written}`, Type: 'String', Overwrite: true });
    const absent = expect.objectContaining({ name: 'ParameterVersionNotFound' });
    await expect(get(`${Name}:2`)).rejects.toThrow(absent);
    expect((await get(`${Name}:3`)).Parameter?.Value).toBe('value 3');
    expect((await get(`${Name}:102`)).Parameter?.Value).toBe('value 102');
    await expect(get(`${Name}:103`)).rejects.toThrow(absent);
  });

  test('finds no version of a parameter that does not exist', async () => {
    await expect(get(`${name()}:1`)).rejects.toThrow(expect.objectContaining({ name: 'ParameterNotFound' }));
  });

  test('numbers concurrent writes without gaps or duplicates', async () => {
    const Name = name();
    const writes = Array.from({ length: 20 }, () => put({ Name, Type: 'String', Overwrite: true }));
    const numbers = (await Promise.all(writes)).map(({ Version }) => Version ?? 0);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  test('stores a value of 8 KB with Intelligent-Tiering', async () => {
    const Name = name();
    const Value = 'x'.repeat(8192);
    await put({ Name, Value, Tier: 'Intelligent-Tiering' });
    expect((await get(Name)).Parameter?.Value).toBe(Value);
  });

  test('finds a parameter by its ARN', async () => {
    const Name = name();
    await put({ Name });
    const { Parameter: { ARN = '' } = {} } = await get(Name);
    expect(ARN).toMatch(new RegExp(`:parameter${Name}$`));
    expect((await get(ARN)).Parameter?.Value).toBe('value');
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

  test('gives a new parameter its tags, and an existing one further tags', async () => {
    const Name = name();
    await put({
      Name,
      Tags: [
        { Key: 'team', Value: 'travel' },
        { Key: 'stage', Value: 'test' },
      ],
    });
    await tag(Name, 'trips');
    await put({ Name, Overwrite: true });
    expect(await tagsOf(ssm, Name)).toEqual({ team: 'trips', stage: 'test' });
  });

  test('refuses tags for a parameter that does not exist', async () => {
    await expect(tag(name(), 'travel')).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidResourceId' }),
    );
  });

  test('no longer finds a deleted parameter', async () => {
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
    ['a malformed key id', { KeyId: 'nonsense' }, 'InvalidKeyId'],
    ['tags when it overwrites', { Tags: [{ Key: 'team', Value: 'travel' }] }, 'ValidationException'],
  ])('refuses %s', async ([, input, error]) => {
    const Name = name();
    await put({ Name });
    await expect(put({ Name, Overwrite: true, ...input })).rejects.toThrow(
      expect.objectContaining({ name: error }),
    );
  });
});
