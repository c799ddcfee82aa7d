import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, test } from 'vitest';
import { attempt } from '../../../lambda/refresher/attempt.ts';
import { newObservations, type RunTools, reportFailure } from '../../../lambda/refresher/report-attempt.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import type { StoredToken } from '../../../lambda/shared/stored-token.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createInProcessAws, type InProcessAws } from '../../support/in-process-aws.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const configuration = configurationFor('https://auth.example.com/token');

let clock: TestClock;
let aws: InProcessAws;
/** What the attempt reported: metrics with their values, and `published` once they were written. */
let reported: unknown[];
/** Time limits of the requests, in seconds, and of the release of the claim. */
let limits: number[];
/** The limit that was asked for just before each token request. */
let requestLimits: (number | undefined)[];
let requests: number;
/** How the endpoint answers the next requests. The last answer repeats. */
let answers: (() => Response)[];

beforeEach(async () => {
  clock = createTestClock();
  aws = createInProcessAws(clock.now);
  [reported, limits, requestLimits, answers, requests] = [[], [], [], [], 0];
  const SecretString = '{"client_id": "id", "client_secret": "secret"}';
  await aws.secretsManager.send(new CreateSecretCommand({ Name: 'secret', SecretString }));
});

const granted = (lifetime: number) => () =>
  Response.json({ access_token: `token-${lifetime}`, token_type: 'Bearer', expires_in: lifetime });
const ended = granted(0);

/** Attempts a check in a run that the platform stops in `remaining` seconds. It began `since` seconds ago. */
const attemptCheck = async ({ remaining = 420, since = 0, random = () => 1 } = {}) => {
  const addMetric = (name: string, _: string, value: number) => reported.push([name, value]);
  const logged = (message: string) => reported.push(message);
  const telemetry = {
    logger: { info: logged, warn: logged, error: logged },
    metrics: { addMetric, singleMetric: () => ({ addMetric, addDimension: () => undefined }) },
  } as unknown as RunTools['telemetry'];
  const timeout = (milliseconds: number) => {
    limits.push(milliseconds / 1_000);
    return new AbortController().signal;
  };
  const tools = {
    ...{ ssm: aws.ssm, tokenWriter: aws.ssm, secretsManager: aws.secretsManager, telemetry },
    ...{ clock: { ...clock, timeout }, random, memory: {}, runId: 'run', isAwaited: false },
    fetch: async () => {
      requests += 1;
      requestLimits.push(limits.at(-1));
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer?.() ?? Response.error();
    },
    publish: () => reported.push('published'),
    startedAt: clock.now() - since * 1_000,
    remaining: remaining * 1_000,
  };
  const observations = newObservations();
  const context = { configuration, startedAt: tools.startedAt, counted: new Set<string>(), tools };
  const { result, plan } = await attempt({ type: 'check' }, { mostRequests: 6, observations }, context);
  return { ...result, plan };
};
const store = (token: Partial<StoredToken>) => {
  const now = clock.now() / 1_000;
  const record = { access_token: 'stored', token_type: 'Bearer', issued_at: now - 3_600, expires_at: now };
  const Value = JSON.stringify({ ...record, source: 'a'.repeat(64), ...token });
  return aws.ssm.send(
    new PutParameterCommand({ Name: '/a/b', Value, Type: 'SecureString', Overwrite: true }),
  );
};

describe('the first request of an attempt', () => {
  // An attempt takes at most a minute, of which 20 seconds are reserved for storing. 10 seconds are left for a second request.
  test.for([
    ['gets 30 seconds if the run has time', 420, 0, 30],
    ['gets 30 seconds if the run has a minute left', 420, 360, 30],
    ['gets less if the run has less than a minute left', 420, 370, 20],
    ['gets less if the platform stops the run early', 50, 0, 20],
    ['gets all that is left if that is little', 28, 0, 8],
  ] as const)('%s', async ([, remaining, since, expected]) => {
    answers = [granted(3_600)];
    await attemptCheck({ remaining, since });
    expect(requestLimits[0]).toBe(expected);
  });

  test('is not sent if the run has only the time for storing left', async () => {
    await expect(attemptCheck({ remaining: 20 })).rejects.toMatchObject({
      details: { reason: 'NO_TIME_LEFT' },
    });
    expect(requests).toBe(0);
  });
});

describe('if the endpoint grants a token that has ended, an attempt', () => {
  test.for([
    ['asks again when the stored token has ended', 0, [2_000], 'minted'],
    ['asks again two seconds before the end', 2, [2_000], 'minted'],
    ['asks again two seconds after the end', -2, [2_000], 'minted'],
    ['fails at any earlier time', 3, [], 'RESPONSE_INVALID'],
    ['fails at any later time', -3, [], 'RESPONSE_INVALID'],
  ] as const)('%s', async ([, left, sleeps, end]) => {
    await store({ expires_at: clock.now() / 1_000 + left });
    answers = [ended, granted(3_600)];
    const finished = await attemptCheck().then(
      ({ outcome }) => outcome,
      ({ code }: RefreshError) => code,
    );
    expect(finished).toBe(end);
    expect(clock.sleeps).toEqual(sleeps);
  });

  test('fails if no token is stored', async () => {
    answers = [ended, granted(3_600)];
    await expect(attemptCheck()).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
  });

  test('leaves a token that another run stores with new settings before it asks again', async () => {
    await store({});
    answers = [ended, granted(3_600)];
    const { sleep } = clock;
    clock.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      await store({ expires_at: clock.now() / 1_000 + 3_600, source: 'b'.repeat(64) });
    };
    expect(await attemptCheck()).toMatchObject({ outcome: 'kept', reason: 'already-replaced' });
  });

  test('asks again only once', async () => {
    await store({});
    answers = [ended, ended, granted(3_600)];
    await expect(attemptCheck()).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
  });
});

test('an attempt that fails otherwise in the last second of a token does not ask again', async () => {
  await store({});
  answers = [() => new Response(null, { status: 404 }), granted(3_600)];
  await expect(attemptCheck()).rejects.toMatchObject({ code: 'REQUEST_REJECTED' });
  expect(clock.sleeps).toEqual([]);
});

describe('an attempt reports', () => {
  test.for([
    ['a token that lasts until the next check', 3_600, 420, 'next-check'],
    ['a token whose end the run can wait for', 360, 420, 'hold'],
  ] as const)('%s, then writes its metrics', async ([, lifetime, remaining, plan]) => {
    answers = [granted(lifetime)];
    expect(await attemptCheck({ remaining })).toMatchObject({ outcome: 'minted', plan });
    expect(reported).toContainEqual(['Minted', 1]);
    expect(reported).toContainEqual(['SecondsUntilExpiry', lifetime]);
    expect(reported.at(-1)).toBe('published');
  });

  test('a failure, then writes its metrics', async () => {
    answers = [() => new Response(null, { status: 404 })];
    await expect(attemptCheck()).rejects.toThrow(RefreshError);
    expect(reported).toEqual([
      ['Failed', 1],
      ['Failed', 1],
      expect.stringContaining('HTTP 404'),
      ['SecondsUntilExpiry', 0],
      ['MintAttempts', 1],
      'published',
    ]);
  });

  test('a defect without its message, which could hold a secret', async () => {
    answers = [() => new Response(null, { status: 503 })];
    const random = () => {
      throw new TypeError('a defect with the secret');
    };
    await expect(attemptCheck({ random })).rejects.toThrow(TypeError);
    expect(reported.flat()).not.toContainEqual(expect.stringContaining('secret'));
    expect(reported).toContainEqual(['Failed', 1]);
  });
});

test('a run has no observations at first', () => {
  expect(newObservations()).toEqual({
    attempts: 0,
    previousCredentialsUsed: false,
    isLifetimeBounded: false,
  });
});

test('a failure is counted with its code', () => {
  const dimensions: string[][] = [];
  const metrics = {
    addMetric: () => undefined,
    singleMetric: () => ({
      addMetric: () => undefined,
      addDimension: (name: string, value: string) => dimensions.push([name, value]),
    }),
  };
  const tools = { clock, telemetry: { logger: { error: () => undefined }, metrics } } as unknown as RunTools;
  const counted = new Set<string>();
  for (const error of [new RefreshError('RATE_LIMITED', 'why'), new TypeError('a defect')])
    reportFailure({ counted, tools }, error, newObservations());
  expect(dimensions).toEqual([
    ['code', 'RATE_LIMITED'],
    ['code', 'UNEXPECTED'],
  ]);
});
