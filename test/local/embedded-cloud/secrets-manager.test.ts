import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { startAws } from '../../support/aws.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';

let endpoint: AwsEndpoint;
let secretsManager: AwsClients['secretsManager'];

beforeAll(async () => {
  endpoint = await startAws();
  ({ secretsManager } = awsClients(endpoint.url));
});
afterAll(() => endpoint.close());

/** A new name for each test. */
const name = () => `test-${randomUUID()}/secret`;

describe('Secrets Manager', () => {
  const create = (Name: string, SecretString?: string) =>
    secretsManager.send(
      new CreateSecretCommand({ Name, ...(SecretString === undefined ? {} : { SecretString }) }),
    );
  const put = (SecretId: string, SecretString: string) =>
    secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString }));
  const read = (SecretId: string, VersionId?: string) =>
    secretsManager.send(new GetSecretValueCommand({ SecretId, ...(VersionId && { VersionId }) }));
  const describeSecret = (SecretId: string) => secretsManager.send(new DescribeSecretCommand({ SecretId }));

  test('lists no version of an empty secret', async () => {
    const { ARN = '' } = await create(name());
    expect((await describeSecret(ARN)).VersionIdsToStages ?? {}).toEqual({});
    await expect(read(ARN)).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
  });

  test('finds a secret by its name and by its ARN', async () => {
    const SecretId = name();
    const { ARN = '' } = await create(SecretId, 'x');
    expect(ARN).toMatch(new RegExp(`:secret:${SecretId}-[a-zA-Z0-9]{6}$`));
    expect((await read(SecretId)).SecretString).toBe('x');
    expect((await read(ARN)).SecretString).toBe('x');
  });

  test('keeps the current and the previous value, each under its version id', async () => {
    const SecretId = name();
    await create(SecretId, 'one');
    await put(SecretId, 'two');
    await put(SecretId, 'three');
    expect((await read(SecretId)).SecretString).toBe('three');
    const { VersionIdsToStages: stages = {} } = await describeSecret(SecretId);
    expect(Object.values(stages).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    const versionOf = (stage: string) =>
      Object.entries(stages).find(([, names]) => names.includes(stage))?.[0];
    for (const [stage, value] of [
      ['AWSCURRENT', 'three'],
      ['AWSPREVIOUS', 'two'],
    ] as const) {
      const VersionId = versionOf(stage);
      expect(await read(SecretId, VersionId)).toMatchObject({ SecretString: value, VersionId });
    }
  });

  test('refuses to create a secret under an existing name', async () => {
    const Name = name();
    await create(Name, 'x');
    await expect(create(Name, 'y')).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceExistsException' }),
    );
  });
});
