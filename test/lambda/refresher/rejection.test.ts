import { randomUUID } from 'node:crypto';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createTokenReader, type TokenReader } from '../../../lambda/reader/token-reader.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { confidential } from '../../support/confidential.ts';
import {
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';
import { grant, oauthError } from '../../support/token-endpoint.ts';

const CONTAINERS = 4;

let refresher: TestRefresher;
let clients: AwsClients;
/** The tokens that the API accepts. */
let active: Set<string>;
/** The stored token, which the API rejects, and the new one. */
let dead: string;
let fresh: string;

beforeEach(async () => {
  refresher = await startRefresher();
  await refresher.scaleOut(CONTAINERS - 1);
  clients = awsClients(refresher.cloud.url);
  active = new Set();
  dead = confidential(`token+of/${randomUUID()}`);
  fresh = confidential(`token+of/${randomUUID()}`);
  await refresher.putSecret(credentials(newClientSecret()));
  refresher.endpoint.answer(grant(dead));
  await refresher.invoke();
  // A token in its first minute is not replaced.
  const record = await refresher.record();
  await refresher.putParameter(JSON.stringify({ ...record, issued_at: record.issued_at - 600 }));
  refresher.endpoint.forgetRequests();
  refresher.endpoint.answer(() => {
    active.add(fresh);
    return grant(fresh);
  });
});
afterEach(async () => {
  await refresher.close();
  clients.lambda.destroy();
  clients.ssm.destroy();
});

const report = async (): Promise<RefreshResult> => {
  const Payload = JSON.stringify({ rejected: sha256(dead) });
  const answer = await clients.lambda.send(new InvokeCommand({ FunctionName: FUNCTION_NAME, Payload }));
  const text = answer.Payload?.transformToString() ?? '';
  if (answer.FunctionError !== undefined) throw new Error(text);
  return JSON.parse(text) as RefreshResult;
};
/** The claim of a run that was cut off before it could replace the stored token. */
const putClaim = async (expiresAt: number) => {
  const claim = { owner: 'cut-off', replaces: (await refresher.stored())?.version, expires_at: expiresAt };
  await refresher.putParameter(JSON.stringify(claim), {
    Name: `${refresher.parameterName}.claim`,
    Type: 'String',
  });
};
const now = () => Math.floor(Date.now() / 1_000);

describe('a rejected token', () => {
  test('is replaced by one container if several receive a report at once', async () => {
    const othersAnswered = Promise.withResolvers<void>();
    refresher.endpoint.answer(async () => {
      await othersAnswered.promise;
      return grant(fresh);
    });
    const answers: RefreshResult[] = [];
    const reports = Array.from({ length: CONTAINERS }, async () => {
      answers.push(await report());
      if (answers.length === CONTAINERS - 1) othersAnswered.resolve();
    });
    await Promise.all(reports);
    expect(answers.map(({ reason }) => reason)).toEqual([
      ...Array.from({ length: CONTAINERS - 1 }, () => 'being-replaced'),
      'rejected',
    ]);
    expect(refresher.endpoint.requests).toHaveLength(1);
    expect((await refresher.record()).access_token).toBe(fresh);
  });

  test('is not requested again by reports after the client was rejected, but by a forced run', async () => {
    refresher.endpoint.answer(oauthError(401, 'invalid_client'), grant(fresh));
    await expect(report()).rejects.toThrow('CLIENT_REJECTED');
    await expect(report()).rejects.toThrow('CLIENT_REJECTED');
    expect(refresher.endpoint.requests).toHaveLength(1);
    expect(await refresher.invoke({ force: true })).toMatchObject({ ok: true, result: { reason: 'forced' } });
  });

  test('is replaced after the claim of a run that was cut off expires', async () => {
    await putClaim(now() + 60);
    expect(await report()).toMatchObject({ outcome: 'kept', reason: 'being-replaced' });
    await putClaim(now() - 1);
    expect(await report()).toMatchObject({ outcome: 'minted', reason: 'rejected' });
  });

  test('is not replaced again if another run replaces it just before the claim', async () => {
    const record = await refresher.record();
    const Value = JSON.stringify({ ...record, access_token: fresh });
    let reads = 0;
    refresher.cloud.intercept(({ input, operation }) => {
      if (operation !== 'GetParameter' || input.Name !== refresher.parameterName) return undefined;
      reads += 1;
      if (reads < 2) return undefined;
      return { body: JSON.stringify({ Parameter: { Type: 'SecureString', Value, Version: 9 } }) };
    });
    expect(await report()).toMatchObject({
      outcome: 'kept',
      reason: 'already-replaced',
      parameter_version: 9,
    });
    expect(refresher.endpoint.requests).toEqual([]);
  });
});

test('a thousand consumers with a revoked token cause one mint, and all their requests succeed', {
  timeout: 120_000,
}, async () => {
  // The API is a function, because a thousand connections at once would test the machine.
  const api: typeof fetch = async (_url, init) => {
    const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    return new Response(null, { status: active.has(token) ? 200 : 401 });
  };
  const consumers = Array.from({ length: 1_000 }, () =>
    createTokenReader({
      parameterName: refresher.parameterName,
      refresherFunctionName: FUNCTION_NAME,
      ssm: clients.ssm,
      lambda: clients.lambda,
      fetch: api,
      replacementTimeout: 120,
    }),
  );
  active.add(dead);
  const call = async (callers: readonly TokenReader[]) => {
    const responses = await Promise.all(callers.map((caller) => caller.fetch('https://api.example.com/')));
    return responses.map(({ status }) => status);
  };
  // First reads a few at a time: a cold reader gives up after ten seconds, which a slow machine may need for all.
  for (let from = 0; from < consumers.length; from += 20)
    expect(new Set(await call(consumers.slice(from, from + 20)))).toEqual(new Set([200]));
  active.delete(dead);
  let answered = 0;
  clients.lambda.middlewareStack.add(
    (next) => async (args) => {
      const output = await next(args);
      answered += 1;
      return output;
    },
    { step: 'initialize' },
  );
  // Waits until every other container has answered, or one of them requests a token as well.
  refresher.endpoint.answer(async () => {
    const haveOthersActed = () => answered >= CONTAINERS - 1 || refresher.endpoint.requests.length > 1;
    await vi.waitUntil(haveOthersActed, { timeout: 120_000 });
    active.add(fresh);
    return grant(fresh);
  });
  expect(new Set(await call(consumers))).toEqual(new Set([200]));
  expect(refresher.endpoint.requests).toHaveLength(1);
});
