import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { refresh, type WarmMemory } from '../../../lambda/refresher/refresh.ts';
import { newObservations } from '../../../lambda/refresher/report-attempt.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import type { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createInProcessAws, type InProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';
import { jwt } from './provider-answers.ts';

const CHECK: RefreshEvent = { type: 'check' };
const FORCE: RefreshEvent = { type: 'force' };
const REPORT: RefreshEvent = { type: 'rejected', fingerprint: sha256('stored') };
const SETTINGS = configurationFor('https://auth.example.com/token');
const Name = SETTINGS.parameterName;

let clock: TestClock;
let aws: InProcessAws;
/** Version id of the current secret. */
let version: string;
/** The secrets that the requests sent. */
let sent: string[];
/** Answers a request with this secret. */
let answer: (secret: string) => Response;
let runs: number;
let observations: ReturnType<typeof newObservations>;

const secretOf = (client_secret: string) => JSON.stringify({ client_id: 'id', client_secret });
const granted = (expires_in = 3_600, access_token = `token-${sent.length}`) =>
  Response.json({ access_token, token_type: 'Bearer', expires_in });
const rejected = () => Response.json({ error: 'invalid_client' }, { status: 401 });

beforeEach(async () => {
  clock = createTestClock();
  aws = createInProcessAws(clock.now);
  [sent, answer, runs] = [[], () => granted(), 0];
  const created = await aws.secretsManager.send(
    new CreateSecretCommand({ Name: 'secret', SecretString: secretOf('former') }),
  );
  version = created.VersionId ?? '';
});

const rotate = () =>
  aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString: secretOf('new') }));
/** A run, by default in a container of its own. Returns its outcome and its reason, or its code if it fails. */
const run = async (
  event: RefreshEvent = CHECK,
  configuration = SETTINGS,
  memory: WarmMemory = {},
): Promise<string> => {
  runs += 1;
  observations = newObservations();
  sent = [];
  const fetch = async (_url: unknown, init?: RequestInit) => {
    const secret = new URLSearchParams(String(init?.body)).get('client_secret') ?? '';
    sent.push(secret);
    return answer(secret);
  };
  return refresh(event, configuration, {
    ...{ ssm: aws.ssm, tokenWriter: aws.ssm, secretsManager: aws.secretsManager, clock, observations },
    ...{ fetch: fetch as typeof globalThis.fetch, random: () => 0, deadline: clock.now() + 40_000 },
    ...{ mostRequests: 1, memory, runId: `run-${runs}` },
  }).then(
    ({ outcome, reason }) => `${outcome} ${reason}`,
    ({ code }: RefreshError) => code,
  );
};

describe('if the endpoint knows only the former secret,', () => {
  beforeEach(async () => {
    await run();
    await rotate();
    answer = (secret) => (secret === 'former' ? granted() : rejected());
  });

  test('a check keeps the token of the former secret', async () => {
    expect(await run()).toBe('kept fresh');
    expect(sent).toEqual(['new']);
    expect(observations.previousCredentialsUsed).toBe(true);
  });

  test('a check mints with the former secret when the token is due', async () => {
    clock.advance(1_800_000);
    expect(await run()).toBe('minted source-changed');
    expect(sent).toEqual(['new', 'former']);
  });

  test('a forced run mints with the former secret', async () => {
    expect(await run(FORCE)).toBe('minted forced');
    expect(sent).toEqual(['new', 'former']);
  });

  test('a check with other settings mints with the former secret', async () => {
    expect(await run(CHECK, { ...SETTINGS, scope: 'travel' })).toBe('minted source-changed');
    expect(sent).toEqual(['new', 'former']);
  });

  test('a check fails if the endpoint is down', async () => {
    answer = () => new Response(null, { status: 503 });
    expect(await run()).toBe('ENDPOINT_UNAVAILABLE');
    expect(sent).toEqual(['new']);
  });

  test('a check replaces the token as soon as the endpoint knows the new secret', async () => {
    answer = () => granted();
    expect(await run()).toBe('minted source-changed');
    expect(sent).toEqual(['new']);
    expect(await run()).toBe('kept fresh');
  });
});

test('a check with other settings fails if the endpoint rejects the only secret', async () => {
  await run();
  answer = rejected;
  expect(await run(CHECK, { ...SETTINGS, scope: 'travel' })).toBe('CLIENT_REJECTED');
});

test('a check keeps the token if that is no longer due when the run has the claim', async () => {
  await run();
  clock.advance(1_800_000);
  aws.onCall = (operation, { Name: name }) => {
    if (operation === 'PutParameter' && name === `${Name}.claim`) clock.advance(-60_000);
  };
  expect(await run()).toBe('kept fresh');
  expect(sent).toEqual([]);
});

describe('a stored JWT that is due and valid for another 1,800 seconds', () => {
  /** Seconds. */
  let now: number;
  let stored: string;
  beforeEach(async () => {
    const exp = clock.now() / 1_000 + 3_600;
    stored = jwt({ exp, jti: 1 });
    answer = () => granted(3_600, stored);
    await run();
    clock.advance(1_800_000);
    now = clock.now() / 1_000;
  });

  // The claims of the next JWT; `nbf` and `exp` in seconds from now.
  const SIGNED_AGAIN = { exp: 1_800, jti: 2 };
  const VALID_LATER = { nbf: 45, exp: 3_645 };
  test.for<[string, RefreshEvent['type'], { nbf?: number; exp: number }, boolean, string]>([
    ['is kept if it is granted with another jti', 'check', SIGNED_AGAIN, false, 'kept same-token'],
    [
      'is replaced by one with another jti if that revokes it',
      'check',
      SIGNED_AGAIN,
      true,
      'minted expiring',
    ],
    ['is kept if the next one is valid later', 'check', VALID_LATER, false, 'RESPONSE_INVALID'],
    [
      'is kept by a forced run if the next one is valid later',
      'force',
      VALID_LATER,
      false,
      'RESPONSE_INVALID',
    ],
    [
      'is replaced by one that is valid later if that revokes it',
      'check',
      VALID_LATER,
      true,
      'minted expiring',
    ],
    [
      'is replaced by one that is valid later if an API rejects it',
      'rejected',
      VALID_LATER,
      false,
      'minted rejected',
    ],
  ])('%s', async ([, type, { nbf, exp, ...claims }, revokesFormerToken, expected]) => {
    const next = jwt({ ...claims, exp: now + exp, ...(nbf === undefined ? {} : { nbf: now + nbf }) });
    answer = () => granted(3_600, next);
    const event = type === 'rejected' ? { type, fingerprint: sha256(stored) } : ({ type } as RefreshEvent);
    expect(await run(event, { ...SETTINGS, revokesFormerToken })).toBe(expected);
    const { Parameter } = await aws.ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    const { access_token } = JSON.parse(Parameter?.Value ?? '{}');
    expect(access_token).toBe(expected.startsWith('minted') ? next : stored);
  });
});

describe('a container that could not store a token', () => {
  let memory: WarmMemory;
  beforeEach(async () => {
    memory = {};
    await run();
    clock.advance(1_800_000);
    aws.onCall = (operation, input) => {
      if (operation === 'PutParameter' && input.Name === Name)
        throw new AwsError('AccessDeniedException', 'no');
    };
    answer = () => granted(3_600, 'unstored');
    expect(await run(CHECK, SETTINGS, memory)).toBe('STORE_UNAVAILABLE');
    aws.onCall = () => undefined;
    answer = () => granted(3_600, 'next');
  });

  test.for<[string, RefreshEvent, string, number]>([
    ['stores it in the next check', CHECK, 'minted expiring', 0],
    [
      'stores it for a report of the former token',
      { type: 'rejected', fingerprint: sha256('token-1') },
      'minted rejected',
      0,
    ],
    ['mints another one if that is forced', FORCE, 'minted forced', 1],
  ])('%s', async ([, event, expected, requests]) => {
    expect(await run(event, SETTINGS, memory)).toBe(expected);
    expect(sent).toHaveLength(requests);
    expect(memory.unstored).toBeUndefined();
  });

  test('does not store it if an API rejects it', async () => {
    const report: RefreshEvent = { type: 'rejected', fingerprint: sha256('unstored') };
    expect(await run(report, SETTINGS, memory)).toBe('kept already-replaced');
  });
});

describe('a stored token that is valid for another 100 seconds', () => {
  beforeEach(async () => {
    const now = clock.now() / 1_000;
    const record = {
      access_token: 'stored',
      token_type: 'Bearer',
      issued_at: now - 3_500,
      expires_at: now + 100,
    };
    const Value = JSON.stringify({ ...record, source: sourceFingerprint(SETTINGS, version) });
    await aws.ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' }));
  });

  // The lifetime of the granted token.
  test.for([
    ['is kept if the endpoint grants one for 99 seconds', CHECK, 99, false, 'kept same-token'],
    ['is replaced by one for 100 seconds', CHECK, 100, false, 'minted expiring'],
    ['is replaced by one for 99 seconds if the API rejects it', REPORT, 99, false, 'minted rejected'],
    ['is replaced by one for 99 seconds if that revokes it', CHECK, 99, true, 'minted expiring'],
  ] as const)('%s', async ([, event, lifetime, revokesFormerToken, expected]) => {
    answer = () => granted(lifetime);
    expect(await run(event, { ...SETTINGS, revokesFormerToken })).toBe(expected);
  });

  test('is probably replaced by one that was granted before if that cannot last until the next check', async () => {
    answer = () => granted(300);
    await run();
    expect(observations.reused).toBe('another');
  });

  test('is replaced by a forced run if it can no longer be decrypted, and by no other run', async () => {
    aws.onCall = (operation, { WithDecryption }) => {
      if (operation === 'GetParameter' && WithDecryption) throw new AwsError('InvalidKeyId', 'no');
    };
    expect(await run()).toBe('STORE_UNAVAILABLE');
    expect(await run(FORCE)).toBe('minted forced');
    aws.onCall = () => undefined;
    const { Parameter } = await aws.ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    expect(JSON.parse(Parameter?.Value ?? '{}').access_token).toBe('token-1');
  });
});
