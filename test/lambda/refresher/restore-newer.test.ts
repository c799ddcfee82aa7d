import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import type { RefreshTools, WarmMemory } from '../../../lambda/refresher/refresh.ts';
import { restoreNewer } from '../../../lambda/refresher/restore-newer.ts';
import type { StoredToken } from '../../../lambda/shared/stored-token.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { createInProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock } from '../../support/test-clock.ts';

const Name = '/a/b';
const tokenOf = (access_token: string): StoredToken => ({
  access_token,
  token_type: 'Bearer',
  issued_at: 1_800_000_000,
  expires_at: 1_800_003_600,
  source: 'a'.repeat(64),
});

test.for<[string, readonly string[], string | undefined]>([
  ['was written once', ['old', 'own'], undefined],
  ['was written twice, one after the other', ['old', 'own', 'own'], undefined],
  ['replaced a newer one when it was written again', ['old', 'own', 'newer', 'own'], 'newer'],
  ['replaced two newer ones when it was written again', ['old', 'own', 'newer', 'newest', 'own'], 'newest'],
  ['replaced the late write of an older mint', ['old', 'late', 'own'], undefined],
  ['replaced such a write, and was written again', ['old', 'late', 'own', 'own'], undefined],
  ['replaced a value of somebody else when it was written again', ['old', 'own', '', 'own'], undefined],
])('of a token that %s (%j), the parameter then holds the newest', async ([, written, restored]) => {
  const clock = createTestClock();
  const aws = createInProcessAws(clock.now);
  const { ssm } = aws;
  for (const accessToken of written) {
    const Value = accessToken === '' ? 'foreign' : JSON.stringify(tokenOf(accessToken));
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
  }
  const own = { token: tokenOf('own'), version: written.length };
  const settings = { name: Name, keyId: 'alias/k', tier: 'Intelligent-Tiering', tags: { team: 'travel' } };
  const parameter = { ...settings, isMissing: true };
  const writes: unknown[] = [];
  aws.onCall = (operation, { Overwrite }) => {
    if (operation === 'PutParameter') writes.push(Overwrite);
  };
  // It needs no more than these tools.
  const memory: WarmMemory = {};
  const tools = { ssm, tokenWriter: ssm, clock, memory } as unknown as RefreshTools;
  expect(await restoreNewer(own, 2, parameter as never, tools)).toEqual(
    restored && { token: tokenOf(restored), version: written.length + 1 },
  );
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  expect(JSON.parse(Parameter?.Value ?? '{}').access_token).toBe(restored ?? 'own');
  expect(memory).toEqual({});
  // The parameter exists, so the tags are not sent again.
  expect(writes).toEqual(restored === undefined ? [] : [true]);
});

test('versions that cannot be read are left out', async () => {
  const clock = createTestClock();
  const aws = createInProcessAws(clock.now);
  aws.onCall = () => {
    throw new AwsError('ThrottlingException', 'no');
  };
  const tools = { ssm: aws.ssm, tokenWriter: aws.ssm, clock, memory: {} } as unknown as RefreshTools;
  const own = { token: tokenOf('own'), version: 4 };
  expect(await restoreNewer(own, 2, { name: Name } as never, tools)).toBeUndefined();
});

test('if the newer token cannot be stored again, the next run in the container stores it', async () => {
  const clock = createTestClock();
  const aws = createInProcessAws(clock.now);
  for (const accessToken of ['old', 'own', 'newer', 'own']) {
    const Value = JSON.stringify(tokenOf(accessToken));
    await aws.ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
  }
  aws.onCall = (operation) => {
    if (operation === 'PutParameter') throw new AwsError('ThrottlingException', 'no');
  };
  const memory: WarmMemory = {};
  const parameter = { name: Name, keyId: 'alias/k', tier: 'Intelligent-Tiering', tags: {}, isMissing: true };
  const tools = { ssm: aws.ssm, tokenWriter: aws.ssm, clock, memory } as unknown as RefreshTools;
  const own = { token: tokenOf('own'), version: 4 };
  await expect(restoreNewer(own, 2, parameter as never, tools)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  const { source } = tokenOf('newer');
  expect(memory.unstored).toEqual({ token: tokenOf('newer'), reason: 'expiring', source, replaces: 4 });
});
