import { randomUUID } from 'node:crypto';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Configuration } from '../../../lambda/refresher/configuration.ts';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { type RunObservations, refresh, type WarmMemory } from '../../../lambda/refresher/refresh.ts';
import { unixSeconds } from '../../../lambda/shared/clock.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import { type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';
import { type AwsCall, type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';
import { grant, startTokenEndpoint, type TokenEndpoint } from '../../support/token-endpoint.ts';

const CHECK: RefreshEvent = { type: 'check' };
const FORCE: RefreshEvent = { type: 'force' };

let clock: TestClock;
let cloud: AwsEndpoint;
let clients: AwsClients;
let endpoint: TokenEndpoint;
let configuration: Configuration;
let observations: RunObservations;

beforeEach(async () => {
  clock = createTestClock();
  [cloud, endpoint] = await Promise.all([startAwsEndpoint({ now: clock.now }), startTokenEndpoint()]);
  clients = awsClients(cloud.url);
  configuration = configurationFor(endpoint.url);
  const SecretString = JSON.stringify({ client_id: 'id', client_secret: 'secret' });
  await clients.secretsManager.send(new CreateSecretCommand({ Name: 'secret', SecretString }));
});
afterEach(async () => {
  clients.ssm.destroy();
  clients.secretsManager.destroy();
  await Promise.all([cloud.close(), endpoint.close()]);
});

/** A run in a container of its own, unless it gets the memory of another. */
const run = (
  event: RefreshEvent,
  { memory = {}, settings = {} }: { memory?: WarmMemory; settings?: Partial<Configuration> } = {},
): Promise<RefreshResult> => {
  observations = { attempts: 0, previousCredentialsUsed: false, isLifetimeBounded: false };
  return refresh(
    event,
    { ...configuration, ...settings },
    {
      ...clients,
      tokenWriter: clients.ssm,
      clock,
      fetch: globalThis.fetch,
      random: () => 0,
      deadline: clock.now() + 40_000,
      mostRequests: 6,
      runId: randomUUID(),
      memory,
      observations,
    },
  );
};
const put = async (accessToken: string, fields: Partial<StoredToken> = {}) => {
  const issuedAt = fields.issued_at ?? unixSeconds(clock.now());
  const record = {
    access_token: accessToken,
    token_type: 'Bearer',
    issued_at: issuedAt,
    expires_at: issuedAt + 3_600,
    source: sha256('source'),
    ...fields,
  };
  const Value = JSON.stringify(record);
  const input = { Name: configuration.parameterName, Value, Type: 'SecureString', Overwrite: true } as const;
  await clients.ssm.send(new PutParameterCommand(input));
};
const stored = async () => {
  const input = { Name: configuration.parameterName, WithDecryption: true };
  const { Parameter } = await clients.ssm.send(new GetParameterCommand(input));
  return { token: JSON.parse(Parameter?.Value ?? '{}').access_token, version: Parameter?.Version };
};
/** Seconds from the start of a run of these tests to the end of its claim. */
const CLAIM = 120;
/**
 * The endpoint grants `slow`, but its answer arrives only after `seconds` and `meanwhile`. The next request gets `fast`. By
 * default, the claim expires before.
 */
const answerSlowly = (meanwhile: () => Promise<unknown>, seconds = CLAIM) =>
  endpoint.answer(async () => {
    clock.advance(seconds * 1_000);
    await meanwhile();
    return grant('slow');
  }, grant('fast'));
const isTokenRead = ({ operation, input }: AwsCall) =>
  operation === 'GetParameter' && input.Name === configuration.parameterName;
const isTokenWrite = ({ operation, input }: AwsCall) =>
  operation === 'PutParameter' && input.Name === configuration.parameterName;
const refuse = (isMeant: (call: AwsCall) => boolean) =>
  cloud.intercept((call) =>
    isMeant(call) ? { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' } : undefined,
  );

describe('a run that outlasts its claim', () => {
  test.for<[string, RefreshEvent]>([
    ['on schedule', CHECK],
    ['that is forced', FORCE],
    ['for a rejected token', { type: 'rejected', fingerprint: sha256('dead') }],
  ])('%s keeps the token that another run minted and stored in the meantime', async ([, event]) => {
    // It is rejected and about to expire, so every run replaces it.
    await put('dead', { issued_at: unixSeconds(clock.now()) - 3_400 });
    answerSlowly(() => run(CHECK));
    expect(await run(event)).toMatchObject({
      outcome: 'kept',
      reason: 'already-replaced',
      parameter_version: 2,
      expires_at: unixSeconds(clock.now()) + 3_600,
    });
    expect(await stored()).toEqual({ token: 'fast', version: 2 });
  });

  test('reports the expiry of the token that it kept', async () => {
    answerSlowly(() => put('newer', { expires_at: unixSeconds(clock.now()) + 7_200 }));
    await run(CHECK);
    expect(observations.expiresAt).toBe(unixSeconds(clock.now()) + 7_200);
  });

  test('keeps a newer token of another source, which the next check replaces', async () => {
    answerSlowly(() => run(CHECK, { settings: { scope: 'former' } }));
    expect(await run(CHECK)).toMatchObject({ reason: 'already-replaced' });
    endpoint.answer(grant('current'));
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted', reason: 'source-changed' });
  });

  test('stores its token if no other run has stored one', async () => {
    answerSlowly(async () => undefined);
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted', parameter_version: 1 });
  });

  test('stores its token over a newer one that is already due', async () => {
    answerSlowly(() => put('due', { expires_at: unixSeconds(clock.now()) + 300 }));
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted', parameter_version: 2 });
  });

  test('stores its token if the parameter was deleted in the meantime', async () => {
    await put('old', { issued_at: unixSeconds(clock.now()) - 3_400 });
    const { parameterName: Name } = configuration;
    answerSlowly(() => clients.ssm.send(new DeleteParameterCommand({ Name })));
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted', parameter_version: 1 });
    expect((await stored()).token).toBe('slow');
  });

  test('stores its token if it cannot read the parameter again', async () => {
    let restore = () => {};
    answerSlowly(async () => {
      restore = refuse(isTokenRead);
    });
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted' });
    restore();
    expect((await stored()).token).toBe('slow');
  });
});

test('a check with former settings that waits for the claim leaves the token that a run with new ones stores', async () => {
  const Name = `${configuration.parameterName}.claim`;
  const putClaim = (claim: object) =>
    clients.ssm.send(
      new PutParameterCommand({ Name, Value: JSON.stringify(claim), Type: 'String', Overwrite: true }),
    );
  await putClaim({ owner: 'other', replaces: 0, expires_at: unixSeconds(clock.now()) + CLAIM });
  endpoint.answer(grant('new'), grant('former'));
  const { sleep } = clock;
  clock.sleep = async (milliseconds) => {
    clock.sleep = sleep;
    await sleep(milliseconds);
    await putClaim({});
    await run(CHECK, { settings: { scope: 'new' } });
  };
  expect(await run(CHECK)).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
  expect((await stored()).token).toBe('new');
});

test('a forced run right after a mint stores its token, although both were minted in the same second', async () => {
  endpoint.answer(grant('first'), grant('second'));
  await run(CHECK);
  expect(await run(FORCE)).toMatchObject({ outcome: 'minted', parameter_version: 2 });
  expect((await stored()).token).toBe('second');
});

describe('during the claim of a run,', () => {
  test.for<[string, RefreshEvent, object]>([
    ['a check leaves the mint to it', CHECK, { outcome: 'kept', reason: 'being-replaced' }],
    [
      'a report leaves the mint to it',
      { type: 'rejected', fingerprint: sha256('dead') },
      { outcome: 'kept', reason: 'being-replaced' },
    ],
  ])('%s', async ([, event, expected]) => {
    await put('dead', { issued_at: unixSeconds(clock.now()) - 3_400 });
    let other: unknown;
    answerSlowly(async () => {
      other = await run(event);
    }, CLAIM - 1);
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted', parameter_version: 2 });
    expect(other).toMatchObject(expected);
    expect(endpoint.requests).toHaveLength(1);
  });

  test.for<[string, RefreshEvent, boolean]>([
    ['a check without any token', CHECK, false],
    ['a forced run', FORCE, true],
  ])('%s fails if it has to wait for too long', async ([, event, isStored]) => {
    if (isStored) await put('old', { issued_at: unixSeconds(clock.now()) - 3_400 });
    let other: unknown;
    answerSlowly(async () => {
      other = await run(event).catch((error: unknown) => error);
    }, 10);
    await run(CHECK);
    expect(other).toMatchObject({ code: 'ENDPOINT_UNAVAILABLE', details: { reason: 'BEING_MINTED' } });
    expect(endpoint.requests).toHaveLength(1);
  });

  test('a late write of an older mint is overwritten', async () => {
    answerSlowly(() => put('older'), CLAIM - 1);
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted', parameter_version: 2 });
    expect((await stored()).token).toBe('slow');
  });

  test('a value that somebody else stores is left alone', async () => {
    const Value = 'of somebody else';
    const { parameterName: Name } = configuration;
    answerSlowly(
      () => clients.ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' })),
      CLAIM - 1,
    );
    await expect(run(CHECK)).rejects.toMatchObject({ code: 'PARAMETER_OCCUPIED' });
  });
});

describe('a token that could not be stored', () => {
  const mintWithoutStoring = async (memory: WarmMemory) => {
    endpoint.answer(grant('unstored'));
    const restore = refuse(isTokenWrite);
    await expect(run(CHECK, { memory })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    restore();
    clock.advance(1_000);
  };

  test('is forgotten if another run stores a newer one before the next run', async () => {
    const memory: WarmMemory = {};
    await mintWithoutStoring(memory);
    await put('newer', { source: memory.unstored?.token.source ?? '' });
    expect(await run(CHECK, { memory })).toMatchObject({ outcome: 'kept', reason: 'fresh' });
    expect(memory.unstored).toBeUndefined();
    expect((await stored()).token).toBe('newer');
  });

  test('is forgotten if another run stores a newer one during the next run', async () => {
    const memory: WarmMemory = {};
    await mintWithoutStoring(memory);
    const source = memory.unstored?.token.source ?? '';
    let reads = 0;
    const restore = cloud.intercept((call) => {
      if (!isTokenRead(call)) return undefined;
      reads += 1;
      // The first read finds nothing yet.
      return reads === 1 ? { status: 400, type: 'ParameterNotFound', message: 'missing' } : undefined;
    });
    await put('newer', { source });
    expect(await run(CHECK, { memory })).toMatchObject({ outcome: 'kept', reason: 'fresh' });
    restore();
    expect(memory.unstored).toBeUndefined();
    expect(await stored()).toEqual({ token: 'newer', version: 1 });
  });
});
