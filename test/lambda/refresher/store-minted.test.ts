import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RefreshTools, RunObservations, WarmMemory } from '../../../lambda/refresher/refresh.ts';
import { newObservations } from '../../../lambda/refresher/report-attempt.ts';
import { readStored } from '../../../lambda/refresher/store.ts';
import { storeMinted } from '../../../lambda/refresher/store-minted.ts';
import type { Stored, StoredToken } from '../../../lambda/shared/stored-token.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createInProcessAws, type InProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const configuration = configurationFor('https://auth.example.com/token');
const Name = configuration.parameterName;
/** Seconds until the token is due for replacement, half an hour before it expires. */
const UNTIL_DUE = 1_800;

let clock: TestClock;
let aws: InProcessAws;
let memory: WarmMemory;
let observations: RunObservations;

beforeEach(() => {
  clock = createTestClock();
  aws = createInProcessAws(clock.now);
  [memory, observations] = [{}, newObservations()];
});

const now = () => clock.now() / 1_000;
const tokenOf = (access_token: string, age = 0): StoredToken => ({
  access_token,
  token_type: 'Bearer',
  issued_at: now() - age,
  expires_at: now() - age + 3_600,
  source: 'a'.repeat(64),
});
const put = (Value: string) =>
  aws.ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
const putToken = (accessToken: string, age = 0) => put(JSON.stringify(tokenOf(accessToken, age)));
const stored = async () => {
  const { Parameter } = await aws.ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  return JSON.parse(Parameter?.Value ?? '{}').access_token;
};
/** What a run finds stored after it took the claim. */
const found = () => readStored(aws.ssm, Name);
interface Storing {
  /** Seconds until the claim of the run expires. */
  readonly claimFor?: number;
  readonly token?: StoredToken;
  readonly tags?: Readonly<Record<string, string>>;
  readonly tokenWriter?: SSMClient;
}
/** Stores the token `minted`, as a run does that found `before`. */
const store = (before: Stored, { claimFor = 60, token, tags = {}, tokenWriter = aws.ssm }: Storing = {}) => {
  const minted = { token: token ?? tokenOf('minted'), reason: 'expiring', source: 'b'.repeat(64) } as const;
  const claim = { owner: 'run', replaces: 0, expires_at: now() + claimFor };
  // It needs no more than these tools.
  const tools = { ...aws, tokenWriter, clock, memory, observations } as unknown as RefreshTools;
  return storeMinted(minted, before, claim, { ...configuration, parameterTags: tags }, tools);
};
const MINTED = { outcome: 'minted', reason: 'expiring' };
const REPLACED = { outcome: 'kept', reason: 'already-replaced' };

describe('a minted token', () => {
  // What happens between the look at the stored token and the write.
  test.for<[string, number, () => unknown]>([
    ['although nothing else was stored since the claim expired', 0, () => undefined],
    ['although another run stored a late one, because the claim lasts', 1, () => putToken('late')],
    ['although another run stored one that is due', 0, () => putToken('due', UNTIL_DUE)],
    ['although the second look at the parameter fails', 0, () => refuse('GetParameter')],
  ])('is stored %s', async ([, claimFor, happen]) => {
    await putToken('former', 3_000);
    const before = await found();
    await happen();
    expect(await store(before, { claimFor })).toMatchObject({ ...MINTED, expires_at: now() + 3_600 });
    aws.onCall = () => undefined;
    expect(await stored()).toBe('minted');
    expect(memory).toEqual({});
    expect(observations).toMatchObject({ expiresAt: now() + 3_600, origin: { issued_at: now() } });
  });

  test.for([
    ['has expired', -1],
    ['expires now', 0],
  ] as const)('does not replace a newer one if the claim of its run %s', async ([, claimFor]) => {
    await putToken('former', 3_000);
    const before = await found();
    await putToken('newer', 10);
    const expected = { ...REPLACED, expires_at: now() + 3_590, parameter_version: 2 };
    expect(await store(before, { claimFor })).toEqual(expected);
    expect(await stored()).toBe('newer');
    expect(memory).toEqual({});
    expect(observations.expiresAt).toBe(now() + 3_590);
  });

  test('replaces one that is not due, which an API has rejected, although the claim of its run has expired', async () => {
    await putToken('rejected', 10);
    expect(await store(await found(), { claimFor: 0 })).toMatchObject(MINTED);
    expect(await stored()).toBe('minted');
  });

  test('does not replace a value that somebody else stored since', async () => {
    await putToken('former', 3_000);
    const before = await found();
    await put('of somebody else');
    await expect(store(before)).rejects.toMatchObject({ code: 'PARAMETER_OCCUPIED' });
    // The next run in this container may find the parameter free again.
    expect(memory.unstored).toMatchObject({ token: tokenOf('minted'), reason: 'expiring', replaces: 1 });
  });

  test('replaces a value of somebody else that a forced run found', async () => {
    await put('of somebody else');
    expect(await store(await found())).toMatchObject(MINTED);
    expect(await stored()).toBe('minted');
  });

  test('stays in memory if it cannot be written', async () => {
    refuse('PutParameter');
    await expect(store({ state: 'missing' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(memory.unstored).toMatchObject({ token: tokenOf('minted'), replaces: 0 });
  });

  test('that is too large is neither written nor remembered', async () => {
    const token = tokenOf('x'.repeat(8_192));
    await expect(store({ state: 'missing' }, { token })).rejects.toMatchObject({ code: 'TOKEN_TOO_LARGE' });
    expect(memory).toEqual({});
    expect(await found()).toEqual({ state: 'missing' });
  });

  test.for([
    ['creates a missing parameter with its tags', true, [{ Tags: [{ Key: 'team', Value: 'travel' }] }]],
    ['replaces the value of a parameter without tags', false, [{ Overwrite: true }]],
  ] as const)('%s', async ([, isMissing, expected]) => {
    if (!isMissing) await putToken('former', 3_000);
    const before = await found();
    const writes: object[] = [];
    aws.onCall = (operation, { Tags, Overwrite }) => {
      if (operation === 'PutParameter') writes.push(Tags === undefined ? { Overwrite } : { Tags });
    };
    expect(await store(before, { tags: { team: 'travel' } })).toMatchObject(MINTED);
    expect(writes).toEqual(expected);
  });
});

describe('if the answer to the write is lost and the SDK sends it again', () => {
  /** Stores these tokens instead, of which the last one is the write's own. */
  const writing = (...accessTokens: string[]) =>
    ({
      send: async (command: PutParameterCommand) => {
        const all = accessTokens.splice(0);
        if (all.length === 0) return aws.ssm.send(command);
        for (const accessToken of all.slice(0, -1)) await putToken(accessToken);
        return aws.ssm.send(command);
      },
    }) as unknown as SSMClient;

  test('a newer token that another run stored in between is restored', async () => {
    await putToken('former', 3_000);
    const tokenWriter = writing('minted', 'newer', 'minted');
    const expected = { ...REPLACED, expires_at: now() + 3_600, parameter_version: 5 };
    expect(await store(await found(), { tokenWriter })).toEqual(expected);
    expect(await stored()).toBe('newer');
  });

  test('a token from before the first write is not', async () => {
    await putToken('minted');
    await putToken('former', 3_000);
    const tokenWriter = writing('minted', 'minted');
    expect(await store(await found(), { tokenWriter })).toMatchObject({ ...MINTED, parameter_version: 4 });
    expect(await stored()).toBe('minted');
  });
});

const refuse = (refused: string) => {
  aws.onCall = (operation) => {
    if (operation === refused) throw new AwsError('ThrottlingException', 'no');
  };
};
