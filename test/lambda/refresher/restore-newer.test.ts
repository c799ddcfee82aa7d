import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RefreshTools, WarmMemory } from '../../../lambda/refresher/refresh.ts';
import { restoreNewer } from '../../../lambda/refresher/restore-newer.ts';
import type { StoredToken } from '../../../lambda/shared/stored-token.ts';
import { SECOND_LOOK_MS } from '../../../lambda/shared/time-budget.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { createInProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock } from '../../support/test-clock.ts';

const Name = '/a/b';
/** The late token was issued a second before the others. */
const tokenOf = (access_token: string): StoredToken => ({
  access_token,
  token_type: 'Bearer',
  issued_at: access_token === 'late' ? 1_799_999_999 : 1_800_000_000,
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
  ['replaced such a write when it was written again', ['old', 'own', 'late', 'own'], undefined],
  ['replaced a newer one and such a write', ['old', 'own', 'newer', 'late', 'own'], 'newer'],
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
  const tools = { ssm, tokenWriter: ssm, clock, deadline: clock.now(), memory } as unknown as RefreshTools;
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

describe('if the newer token cannot be stored again, the next run in the container stores it:', () => {
  const clock = createTestClock();
  const deadline = clock.now();
  const parameter = { name: Name, keyId: 'alias/k', tier: 'Intelligent-Tiering', tags: {}, isMissing: true };
  const own = { token: tokenOf('own'), version: 4 };
  const { source } = tokenOf('newer');
  const newer = { token: tokenOf('newer'), reason: 'expiring', source, replaces: 4 };
  let aws: ReturnType<typeof createInProcessAws>;
  let tools: RefreshTools;

  beforeEach(async () => {
    aws = createInProcessAws(clock.now);
    for (const accessToken of ['old', 'own', 'newer', 'own']) {
      const Value = JSON.stringify(tokenOf(accessToken));
      await aws.ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
    }
    tools = { ssm: aws.ssm, tokenWriter: aws.ssm, clock, deadline, memory: {} } as unknown as RefreshTools;
  });

  test('the write fails', async () => {
    aws.onCall = (operation) => {
      if (operation === 'PutParameter') throw new AwsError('ThrottlingException', 'no');
    };
    await expect(restoreNewer(own, 2, parameter as never, tools)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(tools.memory.unstored).toEqual(newer);
  });

  test('the write could end after the run', async () => {
    clock.advance(SECOND_LOOK_MS);
    expect(await restoreNewer(own, 2, parameter as never, tools)).toMatchObject({ version: 5 });
    await aws.ssm.send(
      new PutParameterCommand({
        Name,
        Value: JSON.stringify(own.token),
        Type: 'SecureString',
        Overwrite: true,
      }),
    );
    clock.advance(1);
    expect(await restoreNewer({ ...own, version: 6 }, 2, parameter as never, tools)).toBeUndefined();
    expect(tools.memory.unstored).toEqual({ ...newer, replaces: 6 });
  });
});

test('all looks at former versions have one time limit', async () => {
  const limits: number[] = [];
  const { signal } = new AbortController();
  const timeout = (limit: number) => {
    limits.push(limit);
    return signal;
  };
  const options: unknown[] = [];
  const send = async (_command: unknown, given: unknown) => {
    options.push(given);
    throw new Error('down');
  };
  const tools = { ssm: { send }, clock: { timeout }, memory: {} } as unknown as RefreshTools;
  await restoreNewer({ token: tokenOf('own'), version: 5 }, 2, { name: Name } as never, tools);
  expect(limits).toEqual([SECOND_LOOK_MS]);
  expect(options).toEqual([{ abortSignal: signal }, { abortSignal: signal }, { abortSignal: signal }]);
});
