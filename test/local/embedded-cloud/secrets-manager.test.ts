import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
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

/** No name is used by two tests. */
const name = () => `test-${randomUUID()}/secret`;

describe('Secrets Manager', () => {
  const create = (Name: string, SecretString?: string) =>
    secretsManager.send(
      new CreateSecretCommand({ Name, ...(SecretString === undefined ? {} : { SecretString }) }),
    );
  const put = (SecretId: string, SecretString: string) =>
    secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString }));
  const read = (SecretId: string, which: { VersionStage?: string; VersionId?: string } = {}) =>
    secretsManager.send(new GetSecretValueCommand({ SecretId, ...which }));
  const describeSecret = (SecretId: string) => secretsManager.send(new DescribeSecretCommand({ SecretId }));
  const remove = (
    SecretId: string,
    how: { RecoveryWindowInDays?: number; ForceDeleteWithoutRecovery?: true },
  ) => secretsManager.send(new DeleteSecretCommand({ SecretId, ...how }));

  test('has no version while a secret is empty', async () => {
    const { ARN = '' } = await create(name());
    expect((await describeSecret(ARN)).VersionIdsToStages ?? {}).toEqual({});
    await expect(read(ARN)).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
  });

  test('finds a secret by its name and by its ARN, which ends in six characters more', async () => {
    const SecretId = name();
    const { ARN = '' } = await create(SecretId, 'x');
    expect(ARN).toMatch(new RegExp(`:secret:${SecretId}-[a-zA-Z0-9]{6}$`));
    expect((await read(SecretId)).SecretString).toBe('x');
    expect((await read(ARN)).SecretString).toBe('x');
  });

  test('moves the stages when a value is put', async () => {
    const SecretId = name();
    await create(SecretId, 'one');
    await put(SecretId, 'two');
    expect((await read(SecretId)).SecretString).toBe('two');
    expect((await read(SecretId, { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('one');
    await put(SecretId, 'three');
    const { VersionIdsToStages: stages = {} } = await describeSecret(SecretId);
    expect(Object.values(stages).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    expect((await read(SecretId, { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('two');
  });

  test('shows in its description the version that a read gives', async () => {
    const SecretId = name();
    await create(SecretId, 'one');
    await put(SecretId, 'two');
    const { VersionIdsToStages: stages = {} } = await describeSecret(SecretId);
    for (const [VersionId, [stage]] of Object.entries(stages)) {
      const { SecretString, VersionId: found } = await read(SecretId, { VersionId });
      expect([SecretString, found]).toEqual([stage === 'AWSCURRENT' ? 'two' : 'one', VersionId]);
    }
    expect(Object.keys(stages)).toHaveLength(2);
  });

  test('refuses to read a secret that is to be deleted, and tells when', async () => {
    const SecretId = name();
    await create(SecretId, 'x');
    await remove(SecretId, { RecoveryWindowInDays: 7 });
    await expect(read(SecretId)).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidRequestException' }),
    );
    expect((await describeSecret(SecretId)).DeletedDate).toBeInstanceOf(Date);
  });

  test('forgets a secret that is deleted at once', async () => {
    const SecretId = name();
    await create(SecretId, 'x');
    await remove(SecretId, { ForceDeleteWithoutRecovery: true });
    const absent = expect.objectContaining({ name: 'ResourceNotFoundException' });
    await expect(read(SecretId)).rejects.toThrow(absent);
    await expect(describeSecret(SecretId)).rejects.toThrow(absent);
  });

  test('refuses a name that is taken', async () => {
    const Name = name();
    await create(Name, 'x');
    await expect(create(Name, 'y')).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceExistsException' }),
    );
  });
});
