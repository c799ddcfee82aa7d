import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeCredentials } from '../../../lambda/refresher/credentials.ts';
import {
  type FallbackMemory,
  type FallbackObservations,
  mintWithFallback,
} from '../../../lambda/refresher/mint-with-fallback.ts';
import { type AwsEndpoint, type Fault, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { configurationFor } from '../../support/configuration.ts';
import { credentials } from '../../support/refresher.ts';
import { REFUSALS_OF_REQUEST, REFUSALS_OF_SECRET } from '../../support/refusals.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';
import {
  type Answer,
  grant,
  oauthError,
  startTokenEndpoint,
  type TokenEndpoint,
} from '../../support/token-endpoint.ts';

let cloud: AwsEndpoint;
let endpoint: TokenEndpoint;
let clients: AwsClients;
let clock: TestClock;
let memory: FallbackMemory;
let observations: FallbackObservations;

beforeEach(async () => {
  [cloud, endpoint] = await Promise.all([startAwsEndpoint(), startTokenEndpoint()]);
  clients = awsClients(cloud.url);
  clock = createTestClock();
  memory = {};
  observations = { attempts: 0, isLifetimeBounded: false, previousCredentialsUsed: false };
  await clients.secretsManager.send(
    new CreateSecretCommand({ Name: 'secret', SecretString: credentials('previous') }),
  );
  await putCurrent(credentials('current'));
});
afterEach(async () => {
  await Promise.all([cloud.close(), endpoint.close()]);
});

const putCurrent = (SecretString: string) =>
  clients.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString }));

const mintOne = async (budget = 60_000) => {
  const configuration = configurationFor(endpoint.url);
  const versions = await describeCredentials(clients.secretsManager, configuration);
  return mintWithFallback(configuration, versions, {
    secretsManager: clients.secretsManager,
    clock,
    fetch: globalThis.fetch,
    random: () => 1,
    deadline: clock.now() + budget,
    mostRequests: 6,
    memory,
    observations,
  });
};

/** Answers by the secret that a request sends. */
const answerTo = (current: Answer, previous: Answer) =>
  endpoint.answer(({ body }) => (body.includes('client_secret=current') ? current : previous));
const secretsSent = () => endpoint.requests.map(({ body }) => new URLSearchParams(body).get('client_secret'));

const REJECTION = oauthError(400, 'invalid_grant');
const FORBIDDEN: Answer = { status: 403 };
const reported = { code: 'CLIENT_REJECTED', details: { status: 400, oauthError: 'invalid_grant' } };

describe('if the current secret is rejected and the previous one fails, the rejection is reported', () => {
  test.for<[string, Answer]>([
    ['is rejected as well', oauthError(401, 'invalid_client')],
    ['is not allowed the scope', oauthError(400, 'invalid_scope')],
    ['gets a bare 403', FORBIDDEN],
    ['meets a server error', { status: 503 }],
    ['meets a rate limit', oauthError(429, 'slow_down')],
    ['loses the connection', { reset: true }],
    ['gets a token of another type', grant('token', { token_type: 'mac' })],
  ])('when the previous one %s', async ([, answer]) => {
    answerTo(REJECTION, answer);
    await expect(mintOne()).rejects.toMatchObject(reported);
    expect(secretsSent().slice(0, 2)).toEqual(['current', 'previous']);
    expect(observations.previousCredentialsUsed).toBe(false);
  });

  const holding = (value: object): Fault => ({ body: JSON.stringify({ Name: 'secret', ...value }) });
  const text = (SecretString: string) => holding({ SecretString });
  const denied = (type: string): Fault => ({ status: 400, type, message: 'no' });
  test.for<[string, Fault]>([
    ['is deleted', denied('ResourceNotFoundException')],
    ['may not be read', denied('AccessDeniedException')],
    ['cannot be read in time', denied('ThrottlingException')],
    ['is binary', holding({ SecretBinary: Buffer.from('{}').toString('base64') })],
    ['is empty', text('')],
    ['is not JSON', text('plain')],
    ['has other fields', text('{"clientId":"a","clientSecret":"b"}')],
    ['ends with a line break', text(credentials('previous\n'))],
  ])('when the previous version %s', async ([, fault]) => {
    const { current } = await describeCredentials(clients.secretsManager, configurationFor(endpoint.url));
    cloud.intercept(({ operation, input }) =>
      operation === 'GetSecretValue' && input.VersionId !== current ? fault : undefined,
    );
    answerTo(REJECTION, grant('token'));
    await expect(mintOne()).rejects.toMatchObject(reported);
    expect(secretsSent()).toEqual(['current']);
  });

  test('when there is no previous version', async () => {
    await clients.secretsManager.send(
      new CreateSecretCommand({ Name: 'new', SecretString: credentials('current') }),
    );
    const configuration = { ...configurationFor(endpoint.url), credentialsSecretId: 'new' };
    const { current, previous } = await describeCredentials(clients.secretsManager, configuration);
    expect(previous).toBeUndefined();
    // Both stages may be on one version after they were moved by hand.
    for (const former of [undefined, current]) {
      answerTo(REJECTION, grant('token'));
      const minted = mintWithFallback(
        configuration,
        { current, previous: former },
        {
          secretsManager: clients.secretsManager,
          clock,
          fetch: globalThis.fetch,
          random: () => 1,
          deadline: clock.now() + 60_000,
          mostRequests: 6,
          memory,
          observations,
        },
      );
      await expect(minted).rejects.toMatchObject(reported);
    }
    expect(secretsSent()).toEqual(['current', 'current']);
  });
});

test.for(REFUSALS_OF_REQUEST)('the previous secret is not tried after $kind', async ({ answer, code }) => {
  answerTo(answer, grant('token'));
  await expect(mintOne()).rejects.toMatchObject({ code });
  expect(secretsSent()).toEqual(['current']);
});

test.for(REFUSALS_OF_SECRET)('the previous secret is tried after $kind', async ({ answer }) => {
  answerTo(answer, grant('token'));
  expect((await mintOne()).access_token).toBe('token');
  expect(secretsSent()).toEqual(['current', 'previous']);
  expect(observations.previousCredentialsUsed).toBe(true);
});

test('notes how long the grant took, with waits, and the lifetime of the token', async () => {
  endpoint.answer({ status: 429, headers: { 'retry-after': '7' } }, grant('token', { expires_in: 900 }));
  await mintOne();
  expect(observations).toMatchObject({ mintDurationMs: 7_000, mintedLifetime: 900 });
});

test('a defect in the first try is reported', async () => {
  endpoint.answer({ status: 503 });
  Object.defineProperty(observations, 'attempts', {
    get: () => {
      throw new TypeError('a defect');
    },
  });
  await expect(mintOne()).rejects.toThrow('a defect');
});

test('a defect in the second try is reported, not the rejection', async () => {
  answerTo(REJECTION, grant('token'));
  Object.defineProperty(observations, 'previousCredentialsUsed', {
    set: () => {
      throw new TypeError('a defect');
    },
  });
  await expect(mintOne()).rejects.toThrow('a defect');
});

describe('a bare 403 as a rate limit', () => {
  const minutes = 60_000;

  test('does not cause a second request in every run', async () => {
    answerTo(FORBIDDEN, FORBIDDEN);
    for (let check = 0; check < 7; check += 1) {
      await expect(mintOne()).rejects.toMatchObject({ code: 'REQUEST_REJECTED', details: { status: 403 } });
      clock.advance(5 * minutes);
    }
    // Checks at 0, 15 and 30 minutes try both.
    const both = ['current', 'previous'];
    expect(secretsSent()).toEqual([...both, 'current', 'current', ...both, 'current', 'current', ...both]);
  });

  test.for<[string, () => unknown]>([
    ['the secret gets a new version', () => putCurrent(credentials('current+2'))],
    ['the server rejects the client', () => answerTo(REJECTION, FORBIDDEN)],
    ['15 minutes have passed', () => clock.advance(15 * minutes)],
  ])('tries the previous secret again when %s', async ([, change]) => {
    answerTo(FORBIDDEN, FORBIDDEN);
    await expect(mintOne()).rejects.toThrow();
    await change();
    endpoint.forgetRequests();
    await expect(mintOne()).rejects.toThrow();
    expect(secretsSent()).toHaveLength(2);
  });

  test('is remembered only if the previous secret gets a bare 403 too', async () => {
    answerTo(FORBIDDEN, oauthError(401, 'invalid_client'));
    await expect(mintOne()).rejects.toMatchObject({ code: 'REQUEST_REJECTED' });
    answerTo(FORBIDDEN, grant('token'));
    expect((await mintOne()).access_token).toBe('token');
  });
});

test('a wait that the endpoint asks for after the previous secret is part of the rejection', async () => {
  answerTo(REJECTION, { status: 429, headers: { 'retry-after': '600' } });
  const notBefore = clock.now() + 600_000;
  await expect(mintOne()).rejects.toMatchObject({ ...reported, details: { ...reported.details, notBefore } });
  expect(secretsSent()).toEqual(['current', 'previous']);
});

describe('at a slow endpoint, in a run with 40 seconds for minting', () => {
  const REFUSED = 'CLIENT_REJECTED';
  const NEVER = Number.POSITIVE_INFINITY;
  // For each request: its secret, and the seconds until the answer. Then the outcome, and the time limit of each request.
  test.for<[['current' | 'previous', number][], string, number[]]>([
    [
      [
        ['current', 12],
        ['previous', 12],
      ],
      'token',
      [30, 18],
    ],
    [
      [
        ['current', 25],
        ['previous', 9],
      ],
      'token',
      [30, 10],
    ],
    [
      [
        ['current', 25],
        ['previous', NEVER],
        ['previous', 4],
      ],
      'token',
      [30, 10, 4],
    ],
    [
      [
        ['current', 25],
        ['previous', NEVER],
        ['previous', NEVER],
      ],
      REFUSED,
      [30, 10, 4],
    ],
    [
      [
        ['current', NEVER],
        ['current', 3],
        ['previous', 5],
      ],
      'token',
      [30, 9, 6],
    ],
    [
      [
        ['current', NEVER],
        ['current', 8.6],
      ],
      REFUSED,
      [30, 9],
    ],
    [
      [
        ['current', NEVER],
        ['current', NEVER],
      ],
      'ENDPOINT_UNAVAILABLE',
      [30, 9],
    ],
  ])('the requests %j give %s', async ([requests, outcome, expectedLimits]) => {
    const limits: number[] = [];
    let latest = { timer: new AbortController(), limit: 0 };
    clock.timeout = (milliseconds) => {
      latest = { timer: new AbortController(), limit: milliseconds / 1_000 };
      return latest.timer.signal;
    };
    endpoint.answer(({ body }) => {
      // The reads of the credentials have limits, too.
      const { timer, limit } = latest;
      const [secret, seconds] = requests[limits.length] ?? ['none', 0];
      limits.push(limit);
      clock.advance(Math.min(seconds, limit) * 1_000);
      if (seconds > limit) {
        timer.abort();
        return { hang: 'headers' };
      }
      if (!body.includes(`client_secret=${secret}`)) return { status: 500 };
      return secret === 'previous' ? grant('token') : oauthError(401, 'invalid_client');
    });
    const start = clock.now();

    const minted = await mintOne(40_000).then(
      ({ access_token }) => access_token,
      ({ code }: { code: string }) => code,
    );

    expect(minted).toBe(outcome);
    expect(limits).toEqual(expectedLimits);
    expect(clock.now() - start).toBeLessThanOrEqual(40_000);
  });
});
