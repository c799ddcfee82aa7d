import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  type ClaimRecord,
  hasExpired,
  holderAfter,
  isHeldByAnother,
} from '../../../lambda/refresher/claim-record.ts';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { type RunObservations, refresh, type WarmMemory } from '../../../lambda/refresher/refresh.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';
import { STORE_RESERVE_SECONDS } from '../../../lambda/shared/time-budget.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createInProcessAws, type InProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const CHECK: RefreshEvent = { type: 'check' };
const FORCE: RefreshEvent = { type: 'force' };
const configuration = configurationFor('https://auth.example.com/token');
const { parameterName } = configuration;
/** Time of a run, in seconds. */
const RUN = 40;

let clock: TestClock;
let aws: InProcessAws;
/** How the endpoint answers the next requests. The last answer repeats. */
let answers: (() => Response | Promise<Response>)[];
let requests: number;
let grants: number;
let observations: RunObservations;
let failure: RefreshError | undefined;
let version: string;
let memory: WarmMemory;
/** Claims, in the order of their writes. */
let claims: ClaimRecord[];

const granted = () => {
  grants += 1;
  return Response.json({ access_token: `token-${grants}`, token_type: 'Bearer', expires_in: 3_600 });
};
const rejected = () => Response.json({ error: 'invalid_client' }, { status: 401 });
const unavailable = () => new Response(null, { status: 503 });
const limited = () => new Response(null, { status: 429, headers: { 'retry-after': '3600' } });
const slowly = (seconds: number, answer: () => Response) => () => {
  clock.advance(seconds * 1_000);
  return answer();
};

beforeEach(async () => {
  clock = createTestClock();
  aws = createInProcessAws(clock.now);
  const SecretString = '{"client_id": "id", "client_secret": "secret"}';
  const secret = await aws.secretsManager.send(new CreateSecretCommand({ Name: 'secret', SecretString }));
  version = secret.VersionId ?? '';
  [requests, grants, memory, claims, answers] = [0, 0, {}, [], [granted]];
  observeCalls();
});

/** Records the claims. `fail` may throw the error of a call. */
const observeCalls = (fail: (operation: string, name: string) => void = () => undefined) => {
  aws.onCall = (operation, { Name, Value }) => {
    fail(operation, String(Name));
    if (operation === 'PutParameter' && Name === `${parameterName}.claim`)
      claims.push(JSON.parse(String(Value)));
  };
};
const refuseWrites = () =>
  observeCalls((operation, name) => {
    if (operation === 'PutParameter' && name === parameterName)
      throw new AwsError('ThrottlingException', 'no');
  });

/** A run, by default in the same container as the others. Returns its reason, or its code if it fails. */
const run = async (event: RefreshEvent, changes: { memory?: WarmMemory; runId?: string } = {}) => {
  observations = { attempts: 0, previousCredentialsUsed: false, isLifetimeBounded: false };
  const fetch = async () => {
    requests += 1;
    const [next = granted] = answers;
    if (answers.length > 1) answers.shift();
    return next();
  };
  const tools = {
    ...{ ssm: aws.ssm, tokenWriter: aws.ssm, secretsManager: aws.secretsManager, clock, fetch, observations },
    ...{ random: () => 0, deadline: clock.now() + RUN * 1_000, mostRequests: 6, memory, runId: 'run' },
    ...changes,
  };
  return refresh(event, configuration, tools).then(
    ({ reason }) => reason,
    (error: unknown) => {
      if (!(error instanceof RefreshError)) throw error;
      failure = error;
      return error.code;
    },
  );
};
const stored = async (): Promise<{ token: StoredToken; version: number | undefined }> => {
  const input = { Name: parameterName, WithDecryption: true };
  const { Parameter } = await aws.ssm.send(new GetParameterCommand(input));
  return { token: JSON.parse(Parameter?.Value ?? '{}'), version: Parameter?.Version };
};
const put = (name: string, value: string, Type: 'String' | 'SecureString' = 'String') =>
  aws.ssm.send(new PutParameterCommand({ Name: name, Value: value, Type, Overwrite: true }));
const now = () => clock.now() / 1_000;

describe('the claim of a run', () => {
  const expiresAt = () => now() + RUN + STORE_RESERVE_SECONDS + 60;

  test('names the run, what it replaces, and a minute more than the run can take', async () => {
    const ends = expiresAt();
    expect(await run(CHECK)).toBe('missing');
    expect(claims[0]).toEqual({ owner: 'run', replaces: 0, expires_at: ends });
  });

  test('is released after a token is stored, with its version', async () => {
    await run(CHECK);
    expect(claims).toEqual([
      expect.objectContaining({ replaces: 0, expires_at: expect.any(Number) }),
      { owner: 'run', replaces: 0, expires_at: 0, stored: 1 },
    ]);
    claims = [];
    expect(await run(FORCE)).toBe('forced');
    const former = { token: sha256('token-1'), expires_at: expect.any(Number) };
    expect(claims[1]).toEqual({ owner: 'run', replaces: 1, expires_at: 0, stored: 2, former });
  });

  test('is released with the failure after a rejected client', async () => {
    answers = [rejected];
    expect(await run(CHECK)).toBe('CLIENT_REJECTED');
    expect(claims[1]).toEqual({
      ...{ owner: 'run', replaces: 0, expires_at: 0 },
      failure: {
        code: 'CLIENT_REJECTED',
        source: sourceFingerprint(configuration, version),
        reports_from: now() + 300 + 60,
      },
    });
  });

  test('keeps the failure of a mint until a token is stored', async () => {
    await run(CHECK);
    clock.advance(1_800_000);
    answers = [limited];
    expect(await run(CHECK)).toBe('RATE_LIMITED');
    expect(await run(CHECK)).toBe('RATE_LIMITED');
    // The second run sent none, because the endpoint asked to wait.
    expect(requests).toBe(2);
    const { failure } = claims.at(-1) ?? {};
    expect(failure).toMatchObject({ code: 'RATE_LIMITED', checks_from: now() + 3_600 });
    answers = [granted];
    expect(await run(FORCE)).toBe('forced');
    expect(claims.at(-2)).toMatchObject({ failure });
    expect(claims.at(-1)).not.toHaveProperty('failure');
  });

  test('has no failure from before the stored token, even if the run that stored it did not release its claim', async () => {
    await run(CHECK);
    clock.advance(1_800_000);
    answers = [limited];
    expect(await run(CHECK)).toBe('RATE_LIMITED');
    await put(parameterName, JSON.stringify((await stored()).token), 'SecureString');
    answers = [granted];
    expect(await run(CHECK)).toBe('expiring');
    expect(claims.at(-2)).not.toHaveProperty('failure');
  });

  test('that has expired is not released, because another run may have it', async () => {
    answers = [slowly(RUN + STORE_RESERVE_SECONDS + 60, rejected)];
    expect(await run(CHECK)).toBe('CLIENT_REJECTED');
    expect(claims).toHaveLength(1);
  });

  test('that is about to expire is released', async () => {
    answers = [slowly(RUN + STORE_RESERVE_SECONDS + 59, rejected)];
    expect(await run(CHECK)).toBe('CLIENT_REJECTED');
    expect(claims).toHaveLength(2);
  });

  test('counts the rejections in a row, and not one whose mint failed', async () => {
    await run(CHECK);
    clock.advance(61_000);
    const report = async () =>
      run({ type: 'rejected', fingerprint: sha256((await stored()).token.access_token) });
    expect(await report()).toBe('rejected');
    // A run that dies adds nothing.
    expect(claims.at(-2)).not.toHaveProperty('rejections');
    expect(claims.at(-1)).toMatchObject({ rejections: { count: 1, at: now() } });
    clock.advance(61_000);
    answers = [rejected];
    expect(await report()).toBe('CLIENT_REJECTED');
    expect(claims.at(-2)).toMatchObject({ rejections: { count: 1 } });
    expect(claims.at(-1)).toMatchObject({ rejections: { count: 1 }, expires_at: 0 });
  });

  test('lasts while another run waits for it, which then mints', async () => {
    const other: ClaimRecord = { owner: 'other', replaces: 0, expires_at: now() + 20 };
    await put(`${parameterName}.claim`, JSON.stringify(other));
    expect(await run(CHECK)).toBe('missing');
    expect(clock.sleeps).toEqual(Array.from({ length: 10 }, () => 2_000));
    expect(requests).toBe(1);
  });

  test('is released after the same token was granted again, and forgets an earlier failure', async () => {
    await run(CHECK);
    clock.advance(1_800_000);
    answers = [unavailable];
    expect(await run(CHECK)).toBe('ENDPOINT_UNAVAILABLE');
    expect(claims.at(-1)).toMatchObject({ failure: { code: 'ENDPOINT_UNAVAILABLE' } });
    grants = 0;
    answers = [granted];
    expect(await run(CHECK)).toBe('same-token');
    expect(claims.at(-1)).toEqual({ owner: 'run', replaces: 1, expires_at: 0, former: expect.any(Object) });
  });

  test('keeps the pause of an earlier failure if a run fails before it asks the endpoint', async () => {
    await run(CHECK);
    clock.advance(1_800_000);
    answers = [limited];
    expect(await run(CHECK)).toBe('RATE_LIMITED');
    let reads = 0;
    observeCalls((operation) => {
      if (operation !== 'DescribeSecret') return;
      reads += 1;
      if (reads === 2) throw new AwsError('ResourceNotFoundException', 'no');
    });
    expect(await run(FORCE)).toBe('CREDENTIALS_NOT_FOUND');
    expect(claims.at(-1)).toMatchObject({ expires_at: 0, failure: { code: 'RATE_LIMITED' } });
  });

  test('remembers no failure if the endpoint was not asked', async () => {
    observeCalls((operation) => {
      if (operation === 'GetSecretValue') throw new AwsError('InternalServiceError', 'no');
    });
    expect(await run(CHECK)).toBe('CREDENTIALS_UNAVAILABLE');
    expect(claims.at(-1)).toEqual({ owner: 'run', replaces: 0, expires_at: 0 });
  });

  test('is not taken for a token that is fresh', async () => {
    await run(CHECK);
    claims = [];
    expect(await run(CHECK)).toBe('fresh');
    expect(claims).toEqual([]);
  });

  test('is released if another run stored a token before it was taken', async () => {
    await run(CHECK);
    const { token } = await stored();
    clock.advance(1_800_000);
    claims = [];
    let isStored = false;
    observeCalls((operation, name) => {
      if (isStored || operation !== 'PutParameter' || name !== `${parameterName}.claim`) return;
      isStored = true;
      void put(parameterName, JSON.stringify({ ...token, expires_at: now() + 3_600 }), 'SecureString');
    });
    expect(await run(FORCE)).toBe('forced');
    expect(requests).toBe(2);
    expect(claims.map(({ replaces, expires_at }) => [replaces, expires_at === 0])).toEqual([
      [1, false],
      [1, true],
      [2, false],
      [2, true],
    ]);
    expect(await stored()).toMatchObject({ version: 3, token: { access_token: 'token-2' } });
    expect(clock.sleeps).toEqual([]);
  });

  test.for<[RefreshEvent, string]>([
    [CHECK, 'being-replaced'],
    [FORCE, 'ENDPOINT_UNAVAILABLE'],
  ])('of another lets a run for %j end with %s while a token is stored', async ([event, end]) => {
    await run(CHECK);
    clock.advance(1_800_000);
    const other: ClaimRecord = { owner: 'other', replaces: 1, expires_at: now() + RUN + 1 };
    await put(`${parameterName}.claim`, JSON.stringify(other));
    claims = [];
    expect(await run(event)).toBe(end);
    expect({ requests, claims }).toEqual({ requests: 1, claims: [] });
  });

  test('is waited for by a run without a token until that run has no time left', async () => {
    const other: ClaimRecord = { owner: 'other', replaces: 0, expires_at: now() + RUN + 1 };
    await put(`${parameterName}.claim`, JSON.stringify(other));
    expect(await run(CHECK)).toBe('ENDPOINT_UNAVAILABLE');
    expect(failure).toMatchObject({
      message:
        `ENDPOINT_UNAVAILABLE: another run is minting a token for parameter ${parameterName} and has not stored one yet. ` +
        "The next check tries again. If this lasts, see the other run's log.",
      details: { reason: 'BEING_MINTED' },
    });
    // A look every two seconds, and time for the last one.
    expect(clock.sleeps).toHaveLength(RUN / 2 - 1);
    expect(requests).toBe(0);
  });
});

describe('a rejected token', () => {
  const report = async () =>
    run({ type: 'rejected', fingerprint: sha256((await stored()).token.access_token) });

  test('is replaced although no run has ever claimed a mint', async () => {
    const token = {
      ...{ access_token: 'first', token_type: 'Bearer', issued_at: now() - 600, expires_at: now() + 3_000 },
      source: sha256('source'),
    };
    await put(parameterName, JSON.stringify(token), 'SecureString');
    expect(await report()).toBe('rejected');
    // A run that dies adds nothing.
    expect(claims.at(-2)).not.toHaveProperty('rejections');
    expect(claims.at(-1)).toMatchObject({ rejections: { count: 1, at: now() } });
  });

  test('is kept for longer the more were rejected in a row, but not by a forced run', async () => {
    await run(CHECK);
    for (const end of ['rejected', 'rejected', 'just-minted']) {
      clock.advance(61_000);
      claims = [];
      expect(await report()).toBe(end);
    }
    // The last run took no claim.
    expect(claims).toEqual([]);
    expect(requests).toBe(3);
    expect(await run(FORCE)).toBe('forced');
  });
});

describe('after a forced mint, the former token counts as revoked', () => {
  const denyClaim = () =>
    observeCalls((operation, name) => {
      if (operation === 'GetParameter' && name === `${parameterName}.claim`)
        throw new AwsError('AccessDeniedException', 'no');
    });
  test.for<[string, string | undefined, string, true | undefined, number]>([
    ['if it is reported', 'token-1', 'already-replaced', true, 1],
    ['but not if another token is reported', 'token-0', 'already-replaced', undefined, 1],
    ['but not if the new token is reported', 'token-2', 'just-minted', undefined, 0],
    ['but not if nothing is reported', undefined, 'fresh', undefined, 0],
  ])('%s', async ([, reported, end, isRevoked, claimReads]) => {
    await run(CHECK);
    await run(FORCE);
    const event: RefreshEvent =
      reported === undefined ? CHECK : { type: 'rejected', fingerprint: sha256(reported) };
    let reads = 0;
    observeCalls((operation, name) => {
      if (operation === 'GetParameter' && name === `${parameterName}.claim`) reads += 1;
    });
    expect(await run(event)).toBe(end);
    expect(observations.formerTokenRevoked).toBe(isRevoked);
    expect(reads).toBe(claimReads);
    denyClaim();
    expect(await run(event)).toBe(end);
    expect(observations.formerTokenRevoked).toBeUndefined();
  });
});

test('a check that leaves the token to a deployment does not read the claim', async () => {
  await run(CHECK);
  const { token } = await stored();
  await put(parameterName, JSON.stringify({ ...token, source: sha256('new settings') }), 'SecureString');
  const read: string[] = [];
  observeCalls((operation, name) => {
    if (operation === 'GetParameter') read.push(name);
  });
  expect(await run({ type: 'held', version: 1 })).toBe('already-replaced');
  expect(read).toEqual([parameterName]);
});

test('a run during a pause takes no claim', async () => {
  answers = [limited];
  expect(await run(CHECK)).toBe('RATE_LIMITED');
  claims = [];
  clock.advance(300_000);
  expect(await run({ type: 'rejected', fingerprint: sha256('any') })).toBe('RATE_LIMITED');
  expect(claims).toEqual([]);
});

describe('in the last minutes of a token, during a pause that the endpoint asked for,', () => {
  test('each run sends one request, whatever the latest failure was, and says when the pause ends', async () => {
    await run(CHECK);
    clock.advance(1_800_000);
    answers = [limited];
    await run(CHECK);
    const notBefore = clock.now() + 3_600_000;
    clock.advance(1_200_000);
    answers = [unavailable];
    requests = 0;
    for (let runs = 1; runs <= 2; runs += 1) {
      expect(await run(CHECK)).toBe('ENDPOINT_UNAVAILABLE');
      expect(failure?.details).toMatchObject({ status: 503, notBefore });
      expect(requests).toBe(runs);
    }
  });
});

describe('a token that could not be stored', () => {
  beforeEach(async () => {
    refuseWrites();
    expect(await run(CHECK)).toBe('STORE_UNAVAILABLE');
    observeCalls();
    clock.advance(300_000);
  });

  test('is stored by the next run in the same container, without another request', async () => {
    expect(await run(CHECK)).toBe('missing');
    expect(requests).toBe(1);
    expect(await stored()).toMatchObject({ token: { access_token: 'token-1' }, version: 1 });
    expect(memory).not.toHaveProperty('unstored');
    expect(observations).toMatchObject({ expiresAt: (await stored()).token.expires_at });
  });

  test('is stored during a pause that the endpoint asked for, because that needs no request', async () => {
    answers = [limited];
    expect(await run(CHECK, { memory: {} })).toBe('RATE_LIMITED');
    expect(await run(CHECK)).toBe('missing');
    expect(requests).toBe(2);
  });

  test('is stored although it was minted with the previous credentials', async () => {
    const SecretString = '{"client_id": "id", "client_secret": "new"}';
    await aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString }));
    memory = {};
    refuseWrites();
    answers = [rejected, granted];
    expect(await run(CHECK)).toBe('STORE_UNAVAILABLE');
    observeCalls();
    expect(await run(CHECK)).toBe('missing');
    expect(requests).toBe(3);
  });

  test('replaces a token that was minted before it, and stored after it failed', async () => {
    const later: WarmMemory = {};
    refuseWrites();
    expect(await run(CHECK, { memory: later })).toBe('STORE_UNAVAILABLE');
    observeCalls();
    expect(await run(CHECK)).toBe('missing');
    expect(await stored()).toMatchObject({ token: { access_token: 'token-1' } });
    await run(CHECK, { memory: later });
    expect(await stored()).toMatchObject({ token: { access_token: 'token-2' } });
    expect(requests).toBe(2);
  });

  test('is not stored by a forced run, which mints another one', async () => {
    expect(await run(FORCE)).toBe('forced');
    expect(requests).toBe(2);
    expect(await stored()).toMatchObject({ version: 1, token: { access_token: 'token-2' } });
    expect(memory).not.toHaveProperty('unstored');
  });

  test('replaces a fresh token, too, if a forced run minted it', async () => {
    expect(await run(CHECK)).toBe('missing');
    refuseWrites();
    expect(await run(FORCE)).toBe('STORE_UNAVAILABLE');
    observeCalls();
    expect(await run(CHECK)).toBe('forced');
    expect(requests).toBe(2);
    expect(await stored()).toMatchObject({ version: 2, token: { access_token: 'token-2' } });
  });

  test('is unknown to another container, which mints', async () => {
    expect(await run(CHECK, { memory: {} })).toBe('missing');
    expect(requests).toBe(2);
  });

  test('is not stored after a change of the credentials', async () => {
    const SecretString = '{"client_id": "id", "client_secret": "new"}';
    await aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString }));
    expect(await run(CHECK)).toBe('missing');
    expect(requests).toBe(2);
    expect((await stored()).token.access_token).toBe('token-2');
  });

  test('is not stored once it is due', async () => {
    clock.advance(1_500_000);
    expect(await run(CHECK)).toBe('missing');
    expect(requests).toBe(2);
  });

  test('stays known if it cannot be stored again', async () => {
    refuseWrites();
    expect(await run(CHECK)).toBe('STORE_UNAVAILABLE');
    observeCalls();
    expect(await run(CHECK)).toBe('missing');
    expect(requests).toBe(1);
  });

  test('leaves the failure of its write in the claim', () => {
    expect(claims.at(-1)).toMatchObject({ expires_at: 0, failure: { code: 'STORE_UNAVAILABLE' } });
  });
});

const record = (changes: Partial<ClaimRecord> = {}): ClaimRecord => ({
  ...{ owner: 'a', replaces: 1, expires_at: 100 },
  ...changes,
});

describe('while Secrets Manager is down, a container that remembers the former credentials', () => {
  beforeEach(async () => {
    expect(await run(CHECK)).toBe('missing');
    const SecretString = '{"client_id": "id", "client_secret": "new"}';
    await aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString }));
    expect(await run(CHECK, { memory: {} })).toBe('source-changed');
    observeCalls((operation) => {
      if (operation === 'DescribeSecret' || operation === 'GetSecretValue')
        throw new AwsError('ThrottlingException', 'no');
    });
  });

  test('keeps the token of the current ones', async () => {
    expect(await run(CHECK)).toBe('fresh');
    expect(requests).toBe(2);
  });

  test('mints with the former ones if the token is missing', async () => {
    await aws.ssm.send(new DeleteParameterCommand({ Name: parameterName }));
    expect(await run(CHECK)).toBe('missing');
  });

  test('mints with the former ones if the token is due', async () => {
    clock.advance(1_800_000);
    expect(await run(CHECK)).toBe('expiring');
  });
});

test.for<[string, ClaimRecord | undefined, boolean]>([
  ['there is none', undefined, false],
  ['it is its own', record({ owner: 'me' }), false],
  ['it lasts', record({ expires_at: 51 }), true],
  ['it ends now', record({ expires_at: 50 }), false],
  ['it is for another version', record({ replaces: 2 }), false],
  ['it is released', record({ expires_at: 0 }), false],
  ['it ends ten minutes ahead', record({ expires_at: 650 }), true],
  ['it ends further ahead than any run sets it', record({ expires_at: 651 }), false],
])('whether another run has the claim: %s', ([, claim, isHeld]) => {
  expect(isHeldByAnother(claim, { owner: 'me', replaces: 1, now: 50 })).toBe(isHeld);
});

test.for<[number, boolean]>([
  [0, false],
  [49, true],
  [50, true],
  [51, false],
  [650, false],
  [651, true],
])('a claim until %i has expired at 50: %s', ([expires_at, expired]) => {
  expect(hasExpired(record({ expires_at }), 50)).toBe(expired);
});

test.for<[string, readonly ClaimRecord[], string | undefined]>([
  ['no claims', [], undefined],
  ['one claim', [record()], 'a'],
  ['two claims', [record(), record({ owner: 'b' })], 'a'],
  ['a released claim', [record(), record({ expires_at: 0 })], undefined],
  ['a claim after a release', [record(), record({ expires_at: 0 }), record({ owner: 'b' })], 'b'],
  ['a release of another run', [record(), record({ owner: 'b', expires_at: 0 })], 'a'],
  ['claims of another version', [record({ owner: 'b', replaces: 2 }), record()], 'a'],
  ['a release of another version', [record(), record({ replaces: 2, expires_at: 0 })], 'a'],
])('after %s, the first that has not released has the claim', ([, records, holder]) => {
  expect(holderAfter(records, 1)).toBe(holder);
});
