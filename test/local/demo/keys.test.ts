import { expect, test, vi } from 'vitest';
import { callApi } from '../../../local/call-api.ts';
import { createKeys } from '../../../local/demo/keys.ts';
import { startSystem } from '../../../local/demo/local-system.ts';

test('the keys do what the screen says', async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
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
