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
/** The endpoint grants `slow`, but its answer arrives only after `meanwhile`. The next request gets `fast`. */
const answerSlowly = (meanwhile: () => Promise<unknown>) =>
  endpoint.answer(async () => {
    clock.advance(20_000);
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

describe('a slow run', () => {
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

  test('keeps a token that was minted in the same second', async () => {
    const sentAt = unixSeconds(clock.now());
    answerSlowly(() => put('other', { issued_at: sentAt }));
    expect(await run(CHECK)).toMatchObject({ reason: 'already-replaced' });
  });

  test('stores its token over an older one that another run stored in the meantime', async () => {
    const sentAt = unixSeconds(clock.now());
    answerSlowly(() => put('older', { issued_at: sentAt - 1 }));
    expect(await run(CHECK)).toMatchObject({ outcome: 'minted', parameter_version: 2 });
    expect((await stored()).token).toBe('slow');
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

test('a forced run right after a mint stores its token, although both were minted in the same second', async () => {
  endpoint.answer(grant('first'), grant('second'));
  await run(CHECK);
  expect(await run(FORCE)).toMatchObject({ outcome: 'minted', parameter_version: 2 });
  expect((await stored()).token).toBe('second');
});

test('if the endpoint revokes a token when it grants the next one, the granted one is stored', async () => {
  let active = '';
  const grantOnly = (token: string) => {
    active = token;
    return grant(token);
  };
  endpoint.answer(
    async () => {
      const answer = grantOnly('slow');
      clock.advance(20_000);
      await run(CHECK);
      return answer;
    },
    () => grantOnly('fast'),
  );
  await run(CHECK);
  expect((await stored()).token).toBe(active);
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
    expect(await run(CHECK, { memory })).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
    restore();
    expect(memory.unstored).toBeUndefined();
    expect(await stored()).toEqual({ token: 'newer', version: 1 });
  });
});

test('a claim stays after its run kept a newer token, so that no later report mints again', async () => {
  await put('dead', { issued_at: unixSeconds(clock.now()) - 600 });
  answerSlowly(() => run(FORCE));
  const report: RefreshEvent = { type: 'rejected', fingerprint: sha256('dead') };
  expect(await run(report)).toMatchObject({ reason: 'already-replaced' });
  const claims = cloud.calls.filter(
    ({ operation, input }) => operation === 'PutParameter' && String(input.Name).endsWith('.claim'),
  );
  expect(claims).toHaveLength(1);
  expect(await run(report)).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
  expect(endpoint.requests).toHaveLength(2);
});
