import { randomUUID } from 'node:crypto';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RefreshEvent } from '../../../lambda/refresher/event.ts';
import { type RunObservations, refresh } from '../../../lambda/refresher/refresh.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';
import { AwsError } from '../../../local/embedded-cloud/aws-error.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createInProcessAws, type InProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const HOUR = 3_600;
const CHECK: RefreshEvent = { type: 'check' };
const FORCE: RefreshEvent = { type: 'force' };
const configuration = configurationFor('https://auth.example.com/token');

let clock: TestClock;
let aws: InProcessAws;
/** How the endpoint answers, and how often it was asked. */
let answer: () => Response;
let requests: number;
let claims: number;
let grants: number;

beforeEach(async () => {
  clock = createTestClock();
  aws = createInProcessAws(clock.now);
  await aws.secretsManager.send(new CreateSecretCommand({ Name: 'secret', SecretString: SECRET }));
  [requests, claims, grants] = [0, 0, 0];
  answer = granted;
  aws.onCall = (operation, { Name }) => {
    if (operation === 'PutParameter' && String(Name).endsWith('.claim')) claims += 1;
  };
});

const SECRET = '{"client_id": "id", "client_secret": "secret"}';
const granted = () => {
  grants += 1;
  return Response.json({ access_token: `token-${grants}`, token_type: 'Bearer', expires_in: HOUR });
};
const rejected = () => Response.json({ error: 'invalid_client' }, { status: 401 });
const unavailable = () => new Response(null, { status: 503 });
const limited = () => new Response(null, { status: 429, headers: { 'retry-after': String(HOUR) } });

let observations: RunObservations;
/** A run in a container of its own. Returns its reason, or its code if it fails. */
const run = async (event: RefreshEvent): Promise<string> => {
  observations = {
    attempts: 0,
    previousCredentialsUsed: false,
    isLifetimeBounded: false,
  };
  const fetch = async () => {
    requests += 1;
    return answer();
  };
  const tools = {
    ...{ ssm: aws.ssm, tokenWriter: aws.ssm, secretsManager: aws.secretsManager, clock, fetch, observations },
    ...{ random: () => 0, deadline: clock.now() + 40_000, mostRequests: 6, memory: {}, runId: randomUUID() },
  };
  return refresh(event, configuration, tools).then(
    ({ reason }) => reason,
    (error: unknown) => (error instanceof RefreshError ? error.code : Promise.reject(error)),
  );
};
const stored = async (): Promise<StoredToken> => {
  const input = { Name: configuration.parameterName, WithDecryption: true };
  const { Parameter } = await aws.ssm.send(new GetParameterCommand(input));
  return JSON.parse(Parameter?.Value ?? '{}');
};
const report = async () => run({ type: 'rejected', fingerprint: sha256((await stored()).access_token) });
/** Seconds pass. Each minute, `reports` consumers report the stored token. Every five minutes, a check runs. */
const pass = async (seconds: number, reports: number) => {
  const ends: string[] = [];
  for (let second = 0; second < seconds; second += 60) {
    if (second % 300 === 0) await run(CHECK);
    for (let count = 0; count < reports; count += 1) ends.push(await report());
    clock.advance(60_000);
  }
  return new Set(ends);
};

/** A token that the API rejects, and whose first minute is over. */
const storeDead = async () => {
  await run(CHECK);
  clock.advance(61_000);
  [requests, claims] = [0, 0];
};

describe('200 consumers that report a rejected token each minute cause in an hour', () => {
  beforeEach(storeDead);

  test('one request for each check that is due, and one each five minutes before, if the credentials are revoked', async () => {
    answer = rejected;
    expect(await pass(HOUR, 200)).toEqual(new Set(['CLIENT_REJECTED']));
    expect(requests).toBeLessThanOrEqual(12 + 1);
    expect(claims).toBeLessThanOrEqual(2 * requests);
  });

  test('at most seven requests a minute, if the endpoint is unavailable', async () => {
    answer = unavailable;
    await pass(HOUR, 200);
    expect(requests).toBeLessThanOrEqual(60 * 6 + 12 * 6);
  });

  test('one request, if the endpoint asks to wait for an hour and the token lasts longer', async () => {
    answer = limited;
    expect(await pass(HOUR / 2, 200)).toEqual(new Set(['RATE_LIMITED']));
    expect({ requests, claims }).toEqual({ requests: 1, claims: 2 });
  });

  test('at most eight mints, if the API rejects every token', async () => {
    const ends = await pass(HOUR, 200);
    expect(ends).toEqual(new Set(['rejected', 'just-minted']));
    expect(requests).toBeLessThanOrEqual(8);
  });
});

const denyClaim = () => {
  aws.onCall = (operation, { Name }) => {
    if (operation === 'GetParameter' && String(Name).endsWith('.claim'))
      throw new AwsError('AccessDeniedException', 'no');
  };
};

describe('during a pause that the endpoint asked for,', () => {
  beforeEach(async () => {
    await storeDead();
    clock.advance((HOUR / 2) * 1_000);
    answer = limited;
    expect(await run(CHECK)).toBe('RATE_LIMITED');
    expect(requests).toBe(1);
    answer = granted;
  });

  test('no container sends a request', async () => {
    expect(await run(CHECK)).toBe('RATE_LIMITED');
    expect(await report()).toBe('RATE_LIMITED');
    expect(requests).toBe(1);
  });

  test('a forced run mints', async () => {
    expect(await run(FORCE)).toBe('forced');
  });

  test('a check with new credentials mints', async () => {
    await aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString: SECRET }));
    expect(await run(CHECK)).toBe('source-changed');
  });

  test('the token is replaced before it expires, by a single request in its last minutes', async () => {
    answer = limited;
    clock.advance(18 * 60_000);
    expect(await run(CHECK)).toBe('RATE_LIMITED');
    expect(requests).toBe(2);
    clock.advance(300_000);
    answer = granted;
    expect(await run(CHECK)).toBe('expiring');
    expect(requests).toBe(3);
    expect((await stored()).expires_at * 1_000).toBeGreaterThan(clock.now());
  });
});

describe('a report of the token that the last mint replaced', () => {
  test.for<[string, () => unknown, true | undefined]>([
    ['before that token has expired, shows that the endpoint revoked it', () => clock.advance(60_000), true],
    ['after that token has expired, shows nothing', () => clock.advance(HOUR * 1_000), undefined],
    ['shows nothing if the claim cannot be read', denyClaim, undefined],
  ])('%s', async ([, before, expected]) => {
    await storeDead();
    const fingerprint = sha256((await stored()).access_token);
    await run(FORCE);
    before();
    expect(await run({ type: 'rejected', fingerprint })).toBe('already-replaced');
    expect(observations.formerTokenRevoked).toBe(expected);
  });
});

test('a report is acted on at once after a mint has succeeded, although an earlier one failed', async () => {
  await storeDead();
  answer = rejected;
  expect(await report()).toBe('CLIENT_REJECTED');
  answer = granted;
  expect(await run(FORCE)).toBe('forced');
  clock.advance(61_000);
  expect(await report()).toBe('rejected');
});
