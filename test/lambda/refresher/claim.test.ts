import {
  GetParameterCommand,
  type ParameterTier,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FoundClaim, readClaim, releaseClaim, takeClaim } from '../../../lambda/refresher/claim.ts';
import { type ClaimRecord, isHeldByAnother, parseClaim } from '../../../lambda/refresher/claim-record.ts';
import type { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { claimParameterName } from '../../../lambda/shared/refresher-environment.ts';
import { CLAIM_RELEASE_MS } from '../../../lambda/shared/time-budget.ts';
import { createKeyring } from '../../../local/embedded-cloud/encryption.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { createParameterStore } from '../../../local/embedded-cloud/parameter-store.ts';
import { awsClients } from '../../support/client.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const NAME = '/claim/access-token';
const NOW = 1_800_000_000;

let cloud: AwsEndpoint;
let ssm: SSMClient;
let clock: TestClock;
let runs = 0;

beforeEach(async () => {
  cloud = await startAwsEndpoint();
  ssm = awsClients(cloud.url).ssm;
  clock = createTestClock();
});
afterEach(async () => {
  ssm.destroy();
  await cloud.close();
});

interface Asked {
  readonly owner?: string;
  /** Version of the token parameter. */
  readonly replaces?: number;
  readonly now?: number;
  readonly client?: SSMClient;
}
const toolsWith = (client: SSMClient) => ({ ssm: client, clock, deadline: NOW * 1_000 + 40_000 });
/** Writes a claim, and returns whether its run has it. */
const take = async (before: FoundClaim, own: ClaimRecord, client = ssm) =>
  (await takeClaim(toolsWith(client), NAME, before, own, NOW)) !== undefined;
/** Takes the claim as a run does, and returns it, or undefined if another run has it. */
const claim = async ({ owner, replaces = 1, now = NOW, client = ssm }: Asked = {}) => {
  runs += 1;
  const own: ClaimRecord = { owner: owner ?? `run-${runs}`, replaces, expires_at: now + 75 };
  const before = await readClaim(client, NAME);
  if (isHeldByAnother(before.record, { ...own, now })) return undefined;
  return (await takeClaim(toolsWith(client), NAME, before, own, now)) && own;
};
const claims = (count: number, asked?: Asked) =>
  Promise.all(Array.from({ length: count }, () => claim(asked)));
const winners = (taken: readonly unknown[]) => taken.filter((won) => won !== undefined).length;
const release = (own: ClaimRecord, client = ssm) =>
  releaseClaim({ ssm: client, clock: createTestClock() }, NAME, own);
const putValue = (Value: string, Tier: ParameterTier = 'Standard') =>
  ssm.send(new PutParameterCommand({ Name: `${NAME}.claim`, Value, Type: 'String', Overwrite: true, Tier }));
const refuse = (operation: string, type: string) =>
  cloud.intercept((call) =>
    call.operation === operation ? { status: 400, type, message: 'no' } : undefined,
  );
const value = async () => {
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${NAME}.claim` }));
  return JSON.parse(Parameter?.Value ?? '');
};

describe('of the runs that claim a mint,', () => {
  test('one gets the claim if fifty ask at once', async () => {
    expect(winners(await claims(50))).toBe(1);
    // Each reads the claim, and most of them only one record before their own.
    expect(cloud.calls.filter(({ operation }) => operation === 'GetParameter').length).toBeLessThanOrEqual(
      110,
    );
  });

  test('one gets the claim that another run has released since, although more runs wrote before it', async () => {
    const before = await readClaim(ssm, NAME);
    const held = await claim({ owner: 'first' });
    expect(await take(before, { owner: 'second', replaces: 1, expires_at: NOW + 75 })).toBe(false);
    if (held !== undefined) await release(held);
    expect(await take(before, { owner: 'third', replaces: 1, expires_at: NOW + 75 })).toBe(true);
    expect(await take(before, { owner: 'fourth', replaces: 1, expires_at: NOW + 75 })).toBe(false);
  });

  test.for<[string, readonly Partial<ClaimRecord>[], string | undefined]>([
    ['none if there is none', [], undefined],
    ['the one that it found', [{ owner: 'found', expires_at: 0 }], 'found'],
    [
      'a later one, although it wrote its own record before and after that',
      [
        { owner: 'found', expires_at: 0 },
        { owner: 'own' },
        { owner: 'later', expires_at: 0 },
        { owner: 'own' },
      ],
      'later',
    ],
  ])('a run that has the claim knows the latest record of another run: %s', async ([, written, latest]) => {
    const own: ClaimRecord = { owner: 'own', replaces: 1, expires_at: NOW + 75 };
    const [found, ...since] = written;
    if (found !== undefined) await putValue(JSON.stringify({ ...own, ...found }));
    const before = await readClaim(ssm, NAME);
    for (const record of since) await putValue(JSON.stringify({ ...own, ...record }));
    const taken = await takeClaim(toolsWith(ssm), NAME, before, own, NOW);
    expect(taken).toEqual({
      latest: latest === undefined ? undefined : expect.objectContaining({ owner: latest }),
    });
  });

  test('a run that has the claim has it again if it finds its own record, although others wrote since', async () => {
    const own: ClaimRecord = { owner: 'own', replaces: 1, expires_at: NOW + 75 };
    await putValue(JSON.stringify(own));
    const before = await readClaim(ssm, NAME);
    await putValue(JSON.stringify({ ...own, owner: 'other' }));
    expect(await take(before, own)).toBe(true);
  });

  test('a run that finds its second record has the claim if its first one came before all others', async () => {
    const own: ClaimRecord = { owner: 'own', replaces: 1, expires_at: NOW + 75 };
    for (const owner of ['own', 'other', 'own']) await putValue(JSON.stringify({ ...own, owner }));
    const before = await readClaim(ssm, NAME);
    expect(await take(before, own)).toBe(true);
    // No version is older than the first.
    expect(cloud.calls.map(({ input }) => input.Name)).not.toContain(`${NAME}.claim:0`);
  });

  test('one gets the claim in every order of their calls, even if the answers to some writes are lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 2, max: 6 }),
        fc.infiniteStream(fc.boolean()),
        async (scheduler, count, isLost) => {
          const operations = createParameterStore(
            createKeyring(),
            'arn:aws:ssm:us-east-1:000000000000',
            () => 0,
          );
          const client = {
            send: async (command: GetParameterCommand | PutParameterCommand) => {
              await scheduler.schedule(Promise.resolve());
              const run = command instanceof GetParameterCommand ? 'GetParameter' : 'PutParameter';
              const answer = () => operations[run]?.({ ...command.input }) as object;
              if (run === 'GetParameter') return answer();
              if (!isLost.next().value) return { ...answer(), $metadata: { attempts: 1 } };
              // The SDK sends the write again.
              answer();
              await scheduler.schedule(Promise.resolve());
              return { ...answer(), $metadata: { attempts: 2 } };
            },
          } as unknown as SSMClient;
          operations.PutParameter?.({ Name: claimParameterName(NAME), Value: '{}', Type: 'String' });
          const taken = claims(count, { client });
          await scheduler.waitFor(taken);
          expect(winners(await taken)).toBe(1);
        },
      ),
    );
  });

  test('none gets a claim that is held, and one gets it when it expires', async () => {
    expect(await claim()).toBeDefined();
    expect(await claim({ now: NOW + 74 })).toBeUndefined();
    expect(winners(await claims(20, { now: NOW + 75 }))).toBe(1);
  });

  test('one gets the claim when another token is stored', async () => {
    expect(await claim({ replaces: 1 })).toBeDefined();
    expect(winners(await claims(20, { replaces: 2 }))).toBe(1);
  });

  test('one gets the claim again after its release', async () => {
    const held = await claim();
    if (held !== undefined) await release(held);
    expect(winners(await claims(20))).toBe(1);
  });

  test('the one that has the claim gets it again', async () => {
    expect(await claim({ owner: 'same' })).toBeDefined();
    expect(await claim({ owner: 'same' })).toBeDefined();
    expect(await claim({ owner: 'other' })).toBeUndefined();
  });

  test('one gets the claim if its write arrives after another run has claimed and finished', async () => {
    const before = await readClaim(ssm, NAME);
    const held = await claim();
    if (held !== undefined) await release(held);
    const late: ClaimRecord = { owner: 'late', replaces: 1, expires_at: NOW + 75 };
    expect(await take(before, late)).toBe(true);
  });

  test('a run that wrote second does not take its own record for the claim', async () => {
    const before = await readClaim(ssm, NAME);
    await claim({ owner: 'first' });
    const second: ClaimRecord = { owner: 'second', replaces: 1, expires_at: NOW + 75 };
    expect(await take(before, second)).toBe(false);
    const { version } = await readClaim(ssm, NAME);
    expect(await claim({ owner: 'second' })).toBeUndefined();
    // A run that waits for the claim must not write at each look.
    expect((await readClaim(ssm, NAME)).version).toBe(version);
  });

  test('the first has it, although another run wrote before its write was sent again', async () => {
    const before = await readClaim(ssm, NAME);
    const first: ClaimRecord = { owner: 'first', replaces: 1, expires_at: NOW + 75 };
    const second = { ...first, owner: 'second' };
    await putValue(JSON.stringify(first));
    expect(await take(before, second)).toBe(false);
    const sentAgain = {
      send: async (command: GetParameterCommand) => ({
        ...(await ssm.send(command)),
        $metadata: { attempts: 2 },
      }),
    };
    expect(await take(before, first, sentAgain as SSMClient)).toBe(true);
  });

  test('none gets a claim that is held if the claim of a former token is written late', async () => {
    const before = await readClaim(ssm, NAME);
    const late: ClaimRecord = { owner: 'late', replaces: 1, expires_at: NOW + 75 };
    await claim({ replaces: 2 });
    await take(before, late);
    expect(winners(await claims(20, { replaces: 2 }))).toBe(0);
  });

  test('none gets a claim that is held if the run of a former token claims and finishes late', async () => {
    const before = await readClaim(ssm, NAME);
    const late: ClaimRecord = { owner: 'late', replaces: 1, expires_at: NOW + 75 };
    await claim({ replaces: 2 });
    await take(before, late);
    await release(late);
    expect(winners(await claims(20, { replaces: 2 }))).toBe(0);
  });

  test('a run that may not read who was first leaves the claim to the other run', async () => {
    const before = await readClaim(ssm, NAME);
    await claim();
    refuse('GetParameter', 'AccessDeniedException');
    const late: ClaimRecord = { owner: 'late', replaces: 1, expires_at: NOW + 75 };
    expect(await take(before, late)).toBe(false);
    expect(clock.sleeps).toEqual([]);
  });

  test.for([
    ['waits while Parameter Store throttles', 'ThrottlingException'],
    ['waits while Parameter Store fails', 'InternalServerError'],
    ['waits after any other failure', 'ValidationException'],
  ] as const)('a run that cannot read who was first %s, and then fails', async ([, type]) => {
    const before = await readClaim(ssm, NAME);
    await claim();
    refuse('GetParameter', type);
    clock.advance(37_000);
    const late: ClaimRecord = { owner: 'late', replaces: 1, expires_at: NOW + 75 };
    await expect(take(before, late)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringMatching(
        new RegExp(`parameter ${NAME}\\.claim:1, the claim.* could not be read: ${type}`),
      ),
      details: { reason: type },
    });
    expect(clock.sleeps).toEqual([1_000, 1_000]);
  });

  test.for([
    ['waits while Parameter Store throttles, because it may be the first', 40_000, 2, [1_000, 1_000], true],
    ['waits only as long as it has time', 2_001, 9, [1_000, 1_000], 'STORE_UNAVAILABLE'],
    ['does not wait for the end of its time', 1_000, 9, [], 'STORE_UNAVAILABLE'],
  ] as const)('a run that checks which run was first %s', async ([, left, throttled, sleeps, end]) => {
    const before = await readClaim(ssm, NAME);
    await putValue('{}');
    let refused = 0;
    cloud.intercept(({ operation }) => {
      if (operation !== 'GetParameter' || refused === throttled) return undefined;
      refused += 1;
      return { status: 400, type: 'ThrottlingException', message: 'no' };
    });
    clock.advance(40_000 - left);
    const taking = take(before, { owner: 'own', replaces: 1, expires_at: NOW + 75 });
    expect(await taking.catch(({ code }: RefreshError) => code)).toBe(end);
    expect(clock.sleeps).toEqual(sleeps);
  });

  test('one gets the claim after another run released it, even if former versions may not be read', async () => {
    const held = await claim();
    if (held !== undefined) await release(held);
    cloud.intercept(({ operation, input }) =>
      operation === 'GetParameter' && /:\d+$/.test(String(input.Name))
        ? { status: 400, type: 'AccessDeniedException', message: 'no' }
        : undefined,
    );
    const before = await readClaim(ssm, NAME);
    expect(await claim()).toBeDefined();
    const late: ClaimRecord = { owner: 'late', replaces: 1, expires_at: NOW + 75 };
    expect(await take(before, late)).toBe(false);
  });

  test('one gets the claim after more late writes than Parameter Store keeps versions', async () => {
    const late: ClaimRecord = { owner: 'late', replaces: 1, expires_at: NOW + 75 };
    for (let count = 0; count < 101; count += 1) await putValue(JSON.stringify(late));
    expect(await claim({ replaces: 2 })).toBeDefined();
  });

  test('the claim costs two reads at most, however often it was taken and released before', async () => {
    const reads = () => cloud.calls.filter(({ operation }) => operation === 'GetParameter').length;
    for (let version = 1; version <= 5; version += 1) {
      const before = reads();
      const held = await claim({ replaces: version });
      expect(reads() - before).toBeLessThanOrEqual(2);
      if (held !== undefined) await release({ ...held, stored: version + 1 });
    }
    for (let failed = 1; failed <= 5; failed += 1) {
      const before = reads();
      const held = await claim({ replaces: 6 });
      expect(reads() - before).toBeLessThanOrEqual(2);
      if (held !== undefined) await release(held);
    }
  });

  test.for(['{}', 'nonsense', '[]', '{"owner":1,"replaces":1,"expires_at":1}', '{"owner":"a","replaces":1}'])(
    'one gets the claim if the parameter holds %s',
    async (found) => {
      await putValue(found);
      expect(winners(await claims(20))).toBe(1);
    },
  );

  test('none gets the claim if Parameter Store refuses its write in favor of another', async () => {
    refuse('PutParameter', 'TooManyUpdates');
    expect(await claim()).toBeUndefined();
  });

  test('none gets the claim if the answer to its write has no version', async () => {
    cloud.intercept(({ operation }) => (operation === 'PutParameter' ? { body: '{}' } : undefined));
    expect(await claim()).toBeUndefined();
  });
});

test.for([
  ['failure', { code: 'RATE_LIMITED', source: 's', reports_from: 1, checks_from: 2 }, true],
  ['failure', { code: 'RATE_LIMITED', source: 's', reports_from: 1 }, true],
  ['failure', { code: 'OTHER', source: 's', reports_from: 1 }, false],
  ['failure', { code: 'RATE_LIMITED', source: 1, reports_from: 1 }, false],
  ['failure', { code: 'RATE_LIMITED', source: 's' }, false],
  ['failure', { code: 'RATE_LIMITED', source: 's', reports_from: 1, checks_from: '2' }, false],
  ['failure', null, false],
  ['rejections', { count: 1, at: 2 }, true],
  ['rejections', { count: 1 }, false],
  ['rejections', { at: 1 }, false],
  ['rejections', 1, false],
  ['former', { token: 'x', expires_at: 1 }, true],
  ['former', { token: 'x' }, false],
  ['former', { expires_at: 1 }, false],
] as const)('a claim whose %s is %j is read: %s', ([field, content, isRead]) => {
  const parsed = parseClaim(JSON.stringify({ owner: 'a', replaces: 1, expires_at: 2, [field]: content }));
  expect(parsed).toMatchObject({ owner: 'a', replaces: 1, expires_at: 2 });
  expect(parsed?.[field]).toEqual(isRead ? content : undefined);
});

test.for(['{}', '[]', 'nonsense', '{"owner":1,"replaces":1,"expires_at":1}', '{"owner":"a","expires_at":1}'])(
  'the value %s is no claim',
  (value) => {
    expect(parseClaim(value)).toBeUndefined();
  },
);

/** A further write with this tier keeps the tier that the parameter has. */
const tierOfClaim = async () => (await putValue('{}', 'Intelligent-Tiering')).Tier;

test.for(['Standard', 'Advanced'] as const)(
  'a claim can be written over a parameter of the tier %s',
  async (tier) => {
    await putValue('{}', tier);
    expect(await claim()).toBeDefined();
    expect(await tierOfClaim()).toBe(tier);
  },
);

test('a claim that is missing becomes a standard parameter', async () => {
  await claim();
  expect(await tierOfClaim()).toBe('Standard');
});

test('every write of a claim names its tier, so that the default of the account does not matter', async () => {
  const held = await claim();
  if (held !== undefined) await release(held);
  const writes = cloud.calls.filter(({ operation }) => operation === 'PutParameter');
  expect(writes.map(({ input }) => input.Tier)).toEqual(['Intelligent-Tiering', 'Intelligent-Tiering']);
});

test.for([
  ['GetParameter', 'read'],
  ['PutParameter', 'written'],
] as const)('claiming fails if %s is denied, with what to do', async ([operation, what]) => {
  refuse(operation, 'AccessDeniedException');
  await expect(claim()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(
      new RegExp(`parameter ${NAME}\\.claim, .* could not be ${what}: Access.*compare the function's role`),
    ),
    details: { reason: 'AccessDeniedException' },
  });
});

test('claiming fails if the oldest version of the claim has a label, and the error says what to do', async () => {
  refuse('PutParameter', 'ParameterMaxVersionLimitExceeded');
  await expect(claim()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringMatching(
      new RegExp(`parameter ${NAME}\\.claim could not .* label.*unlabel-parameter-version`),
    ),
    details: { reason: 'ParameterMaxVersionLimitExceeded' },
  });
});

test.for<[string, () => unknown]>([
  ['does not exist', () => undefined],
  ['is missing in the answer', () => cloud.intercept(() => ({ body: '{}' }))],
])('a claim that %s has version 0', async ([, prepare]) => {
  prepare();
  expect(await readClaim(ssm, NAME)).toEqual({ version: 0, record: undefined });
});

test('the first claim of a parameter reads no former version', async () => {
  await claim();
  const reads = cloud.calls.filter(({ operation }) => operation === 'GetParameter');
  expect(reads.map(({ input }) => input.Name)).toEqual([`${NAME}.claim`]);
});

test('the release of a claim ends when its time is up', async () => {
  const limits: number[] = [];
  const timeout = (milliseconds: number) => {
    limits.push(milliseconds);
    return AbortSignal.abort();
  };
  const held: ClaimRecord = { owner: 'run', replaces: 1, expires_at: NOW + 75 };
  await releaseClaim({ ssm, clock: { ...createTestClock(), timeout } }, NAME, held);
  expect(limits).toEqual([CLAIM_RELEASE_MS]);
  expect(cloud.calls).toEqual([]);
});

test('a claim that cannot be released expires by itself', async () => {
  const held = await claim();
  const restore = refuse('PutParameter', 'ThrottlingException');
  if (held !== undefined) await release(held);
  restore();
  expect(await value()).toMatchObject({ expires_at: NOW + 75 });
  expect(await claim({ now: NOW + 74 })).toBeUndefined();
  expect(await claim({ now: NOW + 75 })).toBeDefined();
});
