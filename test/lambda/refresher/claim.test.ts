import {
  GetParameterCommand,
  type ParameterTier,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimReplacement } from '../../../lambda/refresher/claim.ts';
import { claimParameterName } from '../../../lambda/shared/refresher-environment.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { createKeyring } from '../../../local/embedded-cloud/encryption.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { createParameterStore } from '../../../local/embedded-cloud/parameter-store.ts';
import { awsClients } from '../../support/client.ts';
import { createTestClock } from '../../support/test-clock.ts';

const NAME = '/claim/access-token';
const NOW = 1_800_000_000;

let cloud: AwsEndpoint;
let ssm: SSMClient;

beforeEach(async () => {
  cloud = await startAwsEndpoint();
  ssm = awsClients(cloud.url).ssm;
});
afterEach(async () => {
  ssm.destroy();
  await cloud.close();
});

const claim = (token = 'token', now = NOW, client = ssm) =>
  claimReplacement({ ssm: client, clock: createTestClock() }, NAME, {
    replaces: sha256(token),
    now,
    expiresAt: now + 75,
  });
const winners = (claims: readonly unknown[]) => claims.filter((won) => won !== undefined).length;
const putValue = (Value: string, Tier: ParameterTier = 'Standard') =>
  ssm.send(new PutParameterCommand({ Name: `${NAME}.claim`, Value, Type: 'String', Overwrite: true, Tier }));
const refuse = (operation: string, type: string) =>
  cloud.intercept((call) =>
    call.operation === operation ? { status: 400, type, message: 'no' } : undefined,
  );

describe('of the runs that claim the replacement of a token,', () => {
  test('one gets the claim if fifty ask at once', async () => {
    expect(winners(await Promise.all(Array.from({ length: 50 }, () => claim())))).toBe(1);
  });

  test('one gets the claim in every order of their calls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 6 }), async (scheduler, runs) => {
        const operations = createParameterStore(
          createKeyring(),
          'arn:aws:ssm:us-east-1:000000000000',
          () => 0,
        );
        const client = {
          send: async (command: GetParameterCommand | PutParameterCommand) => {
            await scheduler.schedule(Promise.resolve());
            const run = command instanceof GetParameterCommand ? 'GetParameter' : 'PutParameter';
            return operations[run]?.({ ...command.input });
          },
        } as unknown as SSMClient;
        operations.PutParameter?.({ Name: claimParameterName(NAME), Value: '{}', Type: 'String' });
        const claims = Promise.all(Array.from({ length: runs }, () => claim('token', NOW, client)));
        await scheduler.waitFor(claims);
        expect(winners(await claims)).toBe(1);
      }),
    );
  });

  test('none gets a claim that is held, and one gets it when it expires', async () => {
    expect(await claim()).toBeDefined();
    expect(await claim('token', NOW + 74)).toBeUndefined();
    expect(winners(await Promise.all(Array.from({ length: 20 }, () => claim('token', NOW + 75))))).toBe(1);
  });

  test('one gets the claim again after its release', async () => {
    await (await claim())?.release();
    expect(winners(await Promise.all(Array.from({ length: 20 }, () => claim())))).toBe(1);
  });

  test('one gets the claim of another token while the first is held', async () => {
    expect(await claim('first')).toBeDefined();
    expect(winners(await Promise.all(Array.from({ length: 20 }, () => claim('second'))))).toBe(1);
  });

  test.for(['{}', 'nonsense', '[]', '{"replaces":1,"expires_at":"x"}'])(
    'one gets the claim if the parameter holds %s',
    async (value) => {
      await putValue(value);
      expect(winners(await Promise.all(Array.from({ length: 20 }, () => claim())))).toBe(1);
    },
  );

  test('none gets the claim if Parameter Store refuses its write in favor of another', async () => {
    refuse('PutParameter', 'TooManyUpdates');
    expect(await claim()).toBeUndefined();
  });
});

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
  await (await claim())?.release();
  const writes = cloud.calls.filter(({ operation }) => operation === 'PutParameter');
  expect(writes.map(({ input }) => input.Tier)).toEqual(['Intelligent-Tiering', 'Intelligent-Tiering']);
});

test('a claim holds only the SHA-256 of the token', async () => {
  await claim('a-secret-token');
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `${NAME}.claim` }));
  expect(JSON.parse(Parameter?.Value ?? '')).toEqual({
    replaces: sha256('a-secret-token'),
    expires_at: NOW + 75,
  });
});

test.for(['GetParameter', 'PutParameter'])('claiming fails if %s is denied', async (operation) => {
  refuse(operation, 'AccessDeniedException');
  await expect(claim()).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining(`${NAME}.claim`),
  });
});

test('a claim that cannot be released expires by itself', async () => {
  const held = await claim();
  const restore = refuse('PutParameter', 'ThrottlingException');
  await held?.release();
  restore();
  expect(await claim('token', NOW + 74)).toBeUndefined();
  expect(await claim('token', NOW + 75)).toBeDefined();
});
