import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { describe, expect, test, vi } from 'vitest';
import { startAuthorizationServer } from '../../local/authorization-server.ts';
import { callApi } from '../../local/call-api.ts';
import { afterCall, INITIAL_CONSUMER } from '../../local/demo/consumer-state.ts';
import { createEventLog } from '../../local/demo/event-log.ts';
import { createKeys } from '../../local/demo/keys.ts';
import { startSystem } from '../../local/demo/local-system.ts';
import { renderScreen, type ScreenState } from '../../local/demo/screen.ts';
import { freePort } from '../../local/deploy-local/ministack.ts';
import { startAwsEndpoint } from '../../local/embedded-cloud/endpoint.ts';
import { startGuardedApi } from '../../local/guarded-api.ts';
import { awsClients } from '../support/client.ts';
import { confidential, countLeaks, recordWritten } from '../support/confidential.ts';

const start = fileURLToPath(new URL('../../local/demo/start.ts', import.meta.url));
/** No AWS variable of the shell that runs the tests may have an effect. */
const withoutAws = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')),
);
const once = (environment: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [start, '--once'], { env: { ...withoutAws, ...environment } });

describe('npm start -- --once', () => {
  test('mints a token that the API accepts, without showing it, and ignores an empty AWS_ENDPOINT_URL', async () => {
    const { stdout, stderr } = await once({ AWS_ENDPOINT_URL: '' });
    expect(stdout).toContain('"outcome":"minted"');
    expect(stdout).toContain('"outcome":"kept"');
    expect(stdout).toContain('the API answered 200');
    expect(stdout + stderr).not.toContain('access_token');
  });

  test('uses the endpoint in AWS_ENDPOINT_URL, and prints neither token nor secret', async () => {
    const endpoint = await startAwsEndpoint();
    const { ssm, secretsManager } = awsClients(endpoint.url);
    const { stdout, stderr } = await once({ AWS_ENDPOINT_URL: endpoint.url });
    recordWritten(stdout + stderr);

    const parameter = await ssm.send(
      new GetParameterCommand({ Name: '/spotnana/access-token', WithDecryption: true }),
    );
    const secret = await secretsManager.send(
      new GetSecretValueCommand({ SecretId: 'token-refresher/local' }),
    );
    const token: string = JSON.parse(parameter.Parameter?.Value ?? '').access_token;
    const clientSecret: string = JSON.parse(secret.SecretString ?? '').client_secret;
    const secrets = [token, clientSecret].map(confidential);
    expect(countLeaks(secrets, stdout + stderr)).toBe(0);
    await endpoint.close();
  });

  test.for(['https://ssm.eu-west-1.amazonaws.com', 'https://secretsmanager.eu-west-1.api.aws'])(
    'refuses to run against AWS itself at %s',
    async (AWS_ENDPOINT_URL) => {
      await expect(once({ AWS_ENDPOINT_URL })).rejects.toMatchObject({
        code: 1,
        stdout: expect.stringContaining('AWS_ENDPOINT_URL names AWS itself'),
      });
    },
  );

  test('fails if the endpoint in AWS_ENDPOINT_URL does not answer', async () => {
    const AWS_ENDPOINT_URL = `http://127.0.0.1:${await freePort()}`;
    await expect(once({ AWS_ENDPOINT_URL })).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`${AWS_ENDPOINT_URL}, which does not answer (ECONNREFUSED)`),
    });
  });
});

describe('the authorization server', () => {
  const ask = (tokenUrl: string, clientSecret: string) =>
    fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'local-client',
        client_secret: clientSecret,
        grant_type: 'client_credentials',
      }),
    });

  test('answers like Spotnana, guards an API, and prints nothing', async () => {
    const console = [
      vi.spyOn(globalThis.console, 'warn'),
      vi.spyOn(globalThis.console, 'error'),
      vi.spyOn(globalThis.console, 'info'),
    ];
    const server = await startAuthorizationServer({ tokenLifetime: 3600 });
    const api = await startGuardedApi(server.isActive);
    const call = async (token: string) =>
      (await fetch(api.url, { headers: { authorization: `Bearer ${token}` } })).status;

    const answer = (await (await ask(server.tokenUrl, server.clientSecret)).json()) as Record<
      string,
      unknown
    >;
    expect(answer).toEqual({ access_token: expect.any(String), expires_in: 3600, token_type: 'Bearer' });
    const token = String(answer.access_token);
    expect(await call(token)).toBe(200);
    expect(await call('another')).toBe(401);
    server.revokeAll();
    expect(await call(token)).toBe(401);

    for (const spy of console) expect(spy).not.toHaveBeenCalled();
    await Promise.all([server.stop(), api.stop()]);
  });

  test('rejects a token as soon as it expires', async () => {
    const server = await startAuthorizationServer({ tokenLifetime: 1 });
    const answer = await ask(server.tokenUrl, server.clientSecret);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect(await server.isActive(token)).toBe(true);
    vi.setSystemTime(Date.now() + 1_500);
    expect(await server.isActive(token)).toBe(false);
    vi.useRealTimers();
    await server.stop();
  });

  test('rejects the former secret after a rotation, limits on demand, and restarts on its port', async () => {
    const server = await startAuthorizationServer();
    const before = server.clientSecret;
    server.rotateClientSecret();
    expect((await ask(server.tokenUrl, before)).status).toBe(401);
    server.rateLimited = true;
    expect((await ask(server.tokenUrl, server.clientSecret)).status).toBe(429);
    server.rateLimited = false;
    await server.stop();
    await expect(ask(server.tokenUrl, server.clientSecret)).rejects.toThrow();
    await server.start();
    expect((await ask(server.tokenUrl, server.clientSecret)).status).toBe(200);
    await server.stop();
  });
});

describe('the keys', () => {
  test('do what the screen says', async () => {
    for (const name of Object.keys(withoutAws)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    await using system = await startSystem();
    const { authorizationServer, fn, ssm, parameterName, apiUrl } = system;
    const events: string[] = [];
    const results: unknown[] = [];
    const run = async (event: object) => {
      const answer = await fn.invoke(event);
      results.push(answer.ok ? answer.result : answer.errorMessage);
    };
    const keys = createKeys(system, { log: (text) => events.push(text), run });
    const apiStatus = async () => (await callApi(ssm, parameterName, apiUrl)).status;
    await system.putCredentials();
    await run({});
    expect(await apiStatus()).toBe(200);

    await keys.d();
    expect(authorizationServer.isUp()).toBe(false);
    expect(await apiStatus()).toBe(200);
    await keys.d();
    expect(authorizationServer.isUp()).toBe(true);

    await keys.c();
    await run({});
    expect(results.at(-1)).toMatchObject({ outcome: 'minted', reason: 'source-changed' });

    await keys.r();
    expect(await apiStatus()).toBe(401);
    await keys.f();
    expect(results.at(-1)).toMatchObject({ outcome: 'minted', reason: 'forced' });
    expect(await apiStatus()).toBe(200);

    await keys.l();
    const answer = await fetch(authorizationServer.tokenUrl, { method: 'POST' });
    expect(answer.status).toBe(429);
    expect(events).toEqual([
      'you: authorization server down',
      'you: authorization server up',
      'you: credentials rotated',
      'you: token revoked',
      'you: rate limit on',
    ]);
  });
});

describe('the screen', () => {
  const state: ScreenState = {
    now: 100_000,
    readCommands: ['aws ssm get-parameter'],
    authorization: 'up',
    tokenRequests: 3,
    secondsLeft: 45,
    lifetime: 90,
    parameterVersion: 2,
    lastRun: 'kept (fresh)',
    consumer: { calls: 10, failures: 0, failingSince: undefined, lastOutage: undefined },
    events: ['12:00:00  schedule: minted (expiring)'],
  };

  test('shows the last decision, the remaining validity and how the consumer fares', () => {
    const text = renderScreen(state);
    expect(text).toContain('kept (fresh)');
    expect(text).toContain(`${'█'.repeat(20)}${'░'.repeat(20)} 45 s left`);
    expect(text).toContain('10 calls, 0 failed');
  });

  test('shows how long the consumer has been failing', () => {
    const consumer = { calls: 10, failures: 2, failingSince: 97_500, lastOutage: undefined };
    expect(renderScreen({ ...state, consumer })).toContain('failing for 3 s');
  });
});

describe('the consumer', () => {
  const call = (status: number | undefined) => ({ status, record: undefined, version: undefined });

  test('logs when an outage begins and how long it took, and nothing in between', () => {
    const events: unknown[] = [];
    let consumer = INITIAL_CONSUMER;
    for (const [now, status] of [
      [0, 200],
      [1_000, 401],
      [2_000, undefined],
      [3_500, 200],
      [4_500, 200],
    ]) {
      const { state, event } = afterCall(consumer, call(status), now ?? 0);
      consumer = state;
      events.push(event);
    }
    expect(events).toEqual([
      undefined,
      expect.stringContaining('401'),
      undefined,
      expect.stringContaining('3 s'),
      undefined,
    ]);
    expect(consumer).toEqual({ calls: 5, failures: 2, failingSince: undefined, lastOutage: 3 });
  });
});

test('the event log counts an event that repeats, and keeps the latest ten', () => {
  const written: string[] = [];
  const log = createEventLog((line) => written.push(line));
  for (let event = 1; event <= 10; event += 1) log.add(`event ${event}`);
  log.add('failed');
  log.add('failed');
  expect(log.lines).toHaveLength(10);
  expect(log.lines[0]).toContain('event 2');
  expect(log.lines.at(-1)).toContain('failed (2 times)');
  expect(written).toHaveLength(12);
});
