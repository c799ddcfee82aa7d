import { setImmediate } from 'node:timers/promises';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { releaseClaim } from '../../../lambda/refresher/claim.ts';
import { planHold } from '../../../lambda/refresher/plan-hold.ts';
import type { RefreshTools } from '../../../lambda/refresher/refresh.ts';
import { writeToken } from '../../../lambda/refresher/store.ts';
import { storeMinted } from '../../../lambda/refresher/store-minted.ts';
import { AWS_CLIENT } from '../../../lambda/shared/aws-client.ts';
import type { Clock } from '../../../lambda/shared/clock.ts';
import { type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';
import {
  CLAIM_RELEASE_MS,
  functionTimeout,
  LONGEST_HELD_CHECK_SECONDS,
  latestAttempt,
  RUN_TIMEOUT_SECONDS,
  SECOND_LOOK_MS,
  STORE_RESERVE_SECONDS,
  TOKEN_WRITE,
} from '../../../lambda/shared/time-budget.ts';
import { type LoopbackServer, startLoopbackServer } from '../../../local/loopback-server.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { configurationFor } from '../../support/configuration.ts';
import { createTestClock } from '../../support/test-clock.ts';

afterEach(() => vi.useRealTimers());

test('every attempt to write a token fits into the time of the write, with the longest waits of the SDK', async () => {
  const { maxAttempts, attemptMs, totalMs } = TOKEN_WRITE;
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  vi.spyOn(Math, 'random').mockReturnValue(1);
  let attempts = 0;
  const handle = async () => {
    attempts += 1;
    await new Promise((resolve) => setTimeout(resolve, attemptMs));
    return { response: { statusCode: 400, headers: { 'x-amzn-errortype': 'ThrottlingException' } } };
  };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const tokenWriter = new SSMClient({
    ...AWS_CLIENT,
    credentials,
    maxAttempts,
    requestHandler: { handle } as never,
  });
  const startedAt = Date.now();
  let failure: string | undefined;
  tokenWriter.send(new PutParameterCommand({ Name: '/a', Value: 'token' })).catch(({ name }) => {
    failure = name;
  });
  for (; failure === undefined; await setImmediate()) vi.advanceTimersToNextTimer();
  expect({ failure, attempts }).toEqual({ failure: 'ThrottlingException', attempts: maxAttempts });
  expect(Date.now() - startedAt).toBeLessThanOrEqual(totalMs);
});

// In seconds.
test.for([
  [60, 180, 120],
  [300, 420, 360],
  [780, 900, 840],
  [840, 900, 840],
  [43_200, 900, 840],
] as const)(
  'with a check every %i seconds, a run may take %i seconds and begins its latest attempt after %i',
  ([checkEvery, limit, latest]) => {
    expect(functionTimeout(checkEvery)).toBe(limit);
    expect(latestAttempt(checkEvery)).toBe(latest);
    expect(checkEvery <= LONGEST_HELD_CHECK_SECONDS).toBe(checkEvery <= 780);
  },
);

test('the time that is reserved for storing a token is 20 seconds', () => {
  expect(STORE_RESERVE_SECONDS).toBe(20);
});

test('all that follows a mint fits into the reserve, and most of a run remains for minting', () => {
  expect(SECOND_LOOK_MS + TOKEN_WRITE.totalMs + CLAIM_RELEASE_MS).toBeLessThan(STORE_RESERVE_SECONDS * 1_000);
  expect(STORE_RESERVE_SECONDS).toBeLessThan(RUN_TIMEOUT_SECONDS / 2);
});

test('a run that waits for the end of a token has time for one more check after it, at every checkEvery', () => {
  const start = 1_800_000_000;
  for (let checkEvery = 60; checkEvery <= 12 * 3_600; checkEvery += 60) {
    const limit = functionTimeout(checkEvery);
    expect(limit).toBeLessThanOrEqual(900);
    for (const ahead of [0, 1, limit - 61, limit - 60, limit - 59, checkEvery + 60, checkEvery + 61]) {
      const plan = planHold(start + ahead, start * 1_000, { checkEvery, refreshBefore: 2 * checkEvery });
      if (ahead > checkEvery + 60) expect(plan).toBe('next-check');
      else expect(plan).toBe(ahead + RUN_TIMEOUT_SECONDS <= limit ? 'hold' : 'too-long');
      if (checkEvery <= LONGEST_HELD_CHECK_SECONDS) expect(plan).not.toBe('too-long');
    }
  }
});

describe('if AWS does not answer,', () => {
  let silent: LoopbackServer;
  let clients: AwsClients;
  /** The time limits that the code asked for, in milliseconds. */
  let limits: number[];
  let timeUp: AbortController;
  let clock: Clock;

  beforeEach(async () => {
    timeUp = new AbortController();
    limits = [];
    // The time is up as soon as a request arrives.
    silent = await startLoopbackServer(() => timeUp.abort());
    clients = awsClients(silent.url);
    const timeout = (milliseconds: number) => {
      limits.push(milliseconds);
      return timeUp.signal;
    };
    clock = { ...createTestClock(), timeout };
  });
  afterEach(async () => {
    clients.ssm.destroy();
    await silent.stop();
  });

  const token: StoredToken = {
    access_token: 'token',
    token_type: 'Bearer',
    issued_at: 1_800_000_000,
    expires_at: 1_800_003_600,
    source: sha256('source'),
  };

  test.for([
    ['the write of a token', {}, false],
    ['the first write of a tagged token', { team: 'travel' }, true],
  ] as const)('%s ends at its time limit', async ([, tags, isMissing]) => {
    const written = { name: '/a/b', keyId: 'alias/k', tier: 'Intelligent-Tiering' } as const;
    const parameter = { ...written, tags, isMissing };
    await expect(writeToken({ tokenWriter: clients.ssm, clock }, parameter, token)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(limits).toEqual([TOKEN_WRITE.totalMs]);
  });

  test('the second look at the stored token ends at its time limit, and the minted token is stored', async () => {
    const configuration = configurationFor('https://auth.example.com/token');
    const claim = { owner: 'run', replaces: 0, expires_at: 0 };
    const minted = { token, reason: 'missing', source: token.source } as const;
    const tools = { ...clients, tokenWriter: clients.ssm, clock, memory: {} } as unknown as RefreshTools;
    await expect(
      storeMinted(minted, { state: 'missing' }, claim, configuration, tools),
    ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    // The write comes next.
    expect(limits).toEqual([SECOND_LOOK_MS, TOKEN_WRITE.totalMs]);
  });

  test('the release of a claim ends at its time limit', async () => {
    await releaseClaim({ ...clients, clock }, '/a/b', { owner: 'run', replaces: 1, expires_at: 2 });
    expect(limits).toEqual([CLAIM_RELEASE_MS]);
  });
});
