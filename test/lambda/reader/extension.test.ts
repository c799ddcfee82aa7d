import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startLoopbackServer } from '../../../local/loopback-server.ts';
import { type LambdaExtension, startLambdaExtension } from '../../support/lambda-extension.ts';
import { createStoredParameter, DOWN, type StoredParameter } from '../../support/stored-parameter.ts';

let parameter: StoredParameter;
let extension: LambdaExtension;

beforeEach(async () => {
  parameter = await createStoredParameter();
  extension = await startLambdaExtension(parameter.ssm, parameter.time.now, 'session');
  vi.stubEnv('PARAMETERS_SECRETS_EXTENSION_HTTP_PORT', extension.port);
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([parameter.close(), extension.stop()]);
});

const reader = () => parameter.reader({ source: 'extension' });
/** Requests to the extension, and reads of Parameter Store by whomever, so far. */
const asked = () => [extension.requests.length, parameter.reads()];

test('a cold container is served by the extension, from its cache too', async () => {
  await parameter.put('first');
  expect(await reader().get()).toBe('first');
  expect(await reader().get()).toBe('first');
  expect(extension.requests[0]).toBe('?name=%2Freader%2Faccess-token&withDecryption=true');
  expect(asked()).toEqual([2, 1]);
});

test('the replacement of a token is taken from the extension', async () => {
  await parameter.put('first');
  const client = reader();
  await client.get();
  await parameter.time.advance(45 * 60_000);
  await parameter.put('second');
  await client.get();
  await vi.waitUntil(async () => (await client.get()) === 'second');
  expect(asked()).toEqual([2, 2]);
});

test('the replacement of a token is taken from Parameter Store while the cache holds the old one', async () => {
  await parameter.put('first');
  const client = reader();
  await client.get();
  await parameter.time.advance(44 * 60_000);
  await reader().get();
  await parameter.time.advance(60_000);
  await parameter.put('second');
  await client.get();
  await vi.waitUntil(async () => (await client.get()) === 'second');
  expect(asked()).toEqual([3, 3]);
});

test.for([
  ['is promised', { minimumValidity: 900 }, undefined],
  ['is asked for', {}, { minimumValidity: 900 }],
] as const)(
  'a cached token that is not valid for as long as %s is not served',
  async ([, options, wanted]) => {
    await parameter.put('first');
    await parameter.time.advance(3_000_000);
    await reader().get();
    await parameter.put('second');
    expect(await parameter.reader({ source: 'extension', ...options }).get(wanted)).toBe('second');
  },
);

test('a cached token that may expire on its way is not served where there is a better one', async () => {
  await parameter.put('first');
  await parameter.time.advance(3_500_000);
  await reader().get();
  await parameter.put('second');
  await parameter.time.advance(95_000);
  expect(await reader().get()).toBe('second');
});

test('a token that the cache keeps beyond its end is not served', async () => {
  await parameter.put('first', { lifetime: 200 });
  await reader().get();
  await parameter.time.advance(200_000);
  await parameter.put('second', { lifetime: 200 });
  expect(await reader().get()).toBe('second');
});

test('the extension is not asked for the replacement of a rejected token, which its cache may hold', async () => {
  await parameter.put('first');
  const client = parameter.reader({
    source: 'extension',
    fetch: async () => new Response(null, { status: 401 }),
  });
  await client.get();
  await parameter.put('second');
  await client.fetch('http://api');
  expect(await client.get()).toBe('second');
  expect(asked()).toEqual([1, 2]);
});

test.for<[string, () => unknown]>([
  ['starting', () => Object.assign(extension, { starting: true })],
  ['stopped', () => extension.stop()],
  ['refusing the session', () => vi.stubEnv('AWS_SESSION_TOKEN', 'another')],
])('Parameter Store serves while the extension is %s', async ([, provoke]) => {
  await parameter.put('first');
  await provoke();
  expect(await reader().get()).toBe('first');
  expect(asked()).toEqual([0, 1]);
});

test('a token is served to its last second while both fail', async () => {
  await parameter.put('first');
  const client = reader();
  await client.get();
  parameter.fail(DOWN);
  await parameter.time.advance(3_600_000 - 1);
  expect(await client.get()).toBe('first');
  await parameter.time.advance(1);
  await expect(parameter.time.until(client.get())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

test('the port is 2773 unless the environment says otherwise', async () => {
  vi.stubEnv('PARAMETERS_SECRETS_EXTENSION_HTTP_PORT', '');
  await parameter.put('first');
  const fetched = vi.spyOn(globalThis, 'fetch');
  expect(await reader().get()).toBe('first');
  expect(String(fetched.mock.calls[0]?.[0])).toMatch(/^http:\/\/localhost:2773\//);
});

test('the session token follows no redirect', async () => {
  await parameter.put('first');
  let followed = 0;
  const elsewhere = await startLoopbackServer((_request, response) => {
    followed += 1;
    response.end();
  });
  const redirecting = await startLoopbackServer((_request, response) => {
    response.writeHead(302, { location: elsewhere.url }).end();
  });
  vi.stubEnv('PARAMETERS_SECRETS_EXTENSION_HTTP_PORT', new URL(redirecting.url).port);
  expect(await reader().get()).toBe('first');
  expect(followed).toBe(0);
  await Promise.all([elsewhere.stop(), redirecting.stop()]);
});
