import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import type { RefreshTools } from '../../../lambda/refresher/refresh.ts';
import { restoreNewer } from '../../../lambda/refresher/restore-newer.ts';
import type { StoredToken } from '../../../lambda/shared/stored-token.ts';
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
  const { ssm } = createInProcessAws(clock.now);
  for (const accessToken of written) {
    const Value = accessToken === '' ? 'foreign' : JSON.stringify(tokenOf(accessToken));
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
  }
  const own = { token: tokenOf('own'), version: written.length };
  const parameter = { name: Name, keyId: 'alias/k', tier: 'Intelligent-Tiering', tags: {}, isMissing: true };
  // It needs no more than these tools.
  const tools = { ssm, tokenWriter: ssm, clock } as unknown as RefreshTools;
  expect(await restoreNewer(own, 2, parameter as never, tools)).toEqual(
    restored && { token: tokenOf(restored), version: written.length + 1 },
  );
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  expect(JSON.parse(Parameter?.Value ?? '{}').access_token).toBe(restored ?? 'own');
});
