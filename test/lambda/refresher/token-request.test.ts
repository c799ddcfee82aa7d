import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { networkErrorCode, requestToken } from '../../../lambda/refresher/token-request.ts';
import { systemClock } from '../../../lambda/shared/clock.ts';
import type { ClientAuthenticationMethod } from '../../../lambda/shared/refresher-environment.ts';
import { configurationFor } from '../../support/configuration.ts';
import { type Answer, grant, startTokenEndpoint, type TokenEndpoint } from '../../support/token-endpoint.ts';

let endpoint: TokenEndpoint;
beforeEach(async () => {
  endpoint = await startTokenEndpoint();
  endpoint.answer(grant('granted'));
});
afterEach(() => endpoint.close());

async function request(
  clientAuthentication: ClientAuthenticationMethod,
  credentials: { clientId: string; clientSecret: string },
) {
  const configuration = { ...configurationFor(endpoint.url), clientAuthentication, scope: 'a b' };
  const tools = { clock: systemClock, fetch: globalThis.fetch, timeout: 5_000 };
  await requestToken(configuration, credentials, tools);
  const [received] = endpoint.requests;
  if (received === undefined) throw new Error('no request arrived');
  return received;
}
const ask = (
  configuration = configurationFor(endpoint.url),
  tools: Partial<Parameters<typeof requestToken>[2]> = {},
) =>
  requestToken(
    configuration,
    { clientId: 'id', clientSecret: 'secret' },
    { clock: systemClock, fetch: globalThis.fetch, timeout: 5_000, ...tools },
  );
const basicOf = (authorization = '') =>
  Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString('utf8');

test.for(['client_secret_post', 'client_secret_basic'] as const)(
  'a request with %s is a form without a charset that asks for JSON',
  async (method) => {
    const { headers, body, method: verb } = await request(method, { clientId: 'id', clientSecret: 'secret' });
    expect(verb).toBe('POST');
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(headers.accept).toBe('application/json');
    const form = Object.fromEntries(new URLSearchParams(body));
    expect(form).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      ...(method === 'client_secret_post' ? { client_id: 'id', client_secret: 'secret' } : {}),
    });
  },
);

test('a request for which no scope is set has none', async () => {
  await ask({ ...configurationFor(endpoint.url), scope: undefined });
  expect(new URLSearchParams(endpoint.requests[0]?.body).has('scope')).toBe(false);
});

test('a redirect is returned, not followed', async () => {
  endpoint.answer({ status: 307, headers: { location: '/elsewhere' } }, grant('granted'));
  await request('client_secret_post', { clientId: 'id', clientSecret: 'secret' });
  expect(endpoint.requests.map(({ path }) => path)).toEqual(['/']);
});

test.for([
  [65_536, 'answer'],
  [65_537, 'too-large'],
] as const)('a body of %i bytes is read as %s', async ([bytes, type]) => {
  const body = ' '.repeat(bytes);
  endpoint.answer({ body });
  expect(await ask()).toMatchObject(type === 'answer' ? { type, body } : { type });
});

test.for<[string, Answer, RegExp]>([
  ['larger than allowed', { status: 503, body: 'x'.repeat(65_537) }, /^x+$/],
  ['endless', { status: 429, endlessBody: true }, /^{"access_token":"x+$/],
  ['cut off', { status: 401, cutOff: true }, /^{"access_token":"$/],
])('the status of a refusal counts although its body is %s', async ([, answer, body]) => {
  endpoint.answer(answer);
  const { status } = answer as { status: number };
  expect(await ask()).toMatchObject({ type: 'answer', status, body: expect.stringMatching(body) });
});

test.for([200, 201])('a connection that breaks off in the body of status %i is reported', async (status) => {
  endpoint.answer({ cutOff: true, status });
  expect(await ask()).toEqual({
    type: 'unreachable',
    reason: expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/),
  });
});

test('an answer without a body has an empty one', async () => {
  endpoint.answer({ status: 204 });
  expect(await ask()).toMatchObject({ type: 'answer', status: 204, body: '' });
});

test('a connection that was reset is reported with the code of the system', async () => {
  endpoint.answer({ reset: true });
  expect(await ask()).toEqual({
    type: 'unreachable',
    reason: expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/),
  });
});

describe('a request that reaches its time limit is reported as a timeout', () => {
  let limit: AbortController;
  beforeEach(() => {
    limit = new AbortController();
  });
  const clock = { ...systemClock, timeout: () => limit.signal };

  test('before the answer begins', async () => {
    endpoint.answer(() => {
      limit.abort();
      return { hang: 'headers' };
    });
    expect(await ask(undefined, { clock })).toEqual({ type: 'unreachable', reason: 'TIMEOUT' });
  });

  const fetch: typeof globalThis.fetch = async (...request) => {
    const response = await globalThis.fetch(...request);
    limit.abort();
    return response;
  };

  test.for<[string, Answer]>([
    ['stops in the middle', { hang: 'body' }],
    ['never ends', { endlessBody: true }],
  ])('while a body %s', async ([, answer]) => {
    endpoint.answer(answer);
    expect(await ask(undefined, { clock, fetch })).toEqual({ type: 'unreachable', reason: 'TIMEOUT' });
  });

  test.for([202, 302, 429, 503])('unless the status has arrived and is %i', async (status) => {
    endpoint.answer({ hang: 'body', status });
    expect(await ask(undefined, { clock, fetch })).toMatchObject({ type: 'answer', status });
  });
});

const errorWith = (code: unknown, cause?: unknown) => Object.assign(new Error('why', { cause }), { code });
const causedBy = (times: number, error: Error): Error =>
  times === 0 ? error : new Error('fetch failed', { cause: causedBy(times - 1, error) });

test.for<[string, unknown, string]>([
  ['is that of the error', errorWith('ECONNREFUSED'), 'ECONNREFUSED'],
  ['may be that of the cause', causedBy(1, errorWith('ENOTFOUND')), 'ENOTFOUND'],
  ['may be that of the fourth cause', causedBy(4, errorWith('ETIMEDOUT')), 'ETIMEDOUT'],
  ['is unknown below the fourth cause', causedBy(5, errorWith('ETIMEDOUT')), 'NETWORK_ERROR'],
  ['is the outermost of two', errorWith('UND_ERR_SOCKET', errorWith('ECONNRESET')), 'UND_ERR_SOCKET'],
  ['is no number', errorWith(23, errorWith('EPIPE')), 'EPIPE'],
  ['is unknown if other words precede it', errorWith('the code ECONNRESET'), 'NETWORK_ERROR'],
  ['is unknown if other words follow it', errorWith('ECONNRESET at 10.0.0.1'), 'NETWORK_ERROR'],
  ['is unknown without one', new Error('why'), 'NETWORK_ERROR'],
  ['is unknown if no error was thrown', 'ECONNRESET', 'NETWORK_ERROR'],
])('the code of a network error %s', ([, error, code]) => {
  expect(networkErrorCode(error)).toBe(code);
});

const VALUES: [string, string][] = [
  ['7b0e4f64-38c0-4a29-9d6c-0f0b5a3c2d1e', '7b0e4f64-38c0-4a29-9d6c-0f0b5a3c2d1e'],
  ['aGVsbG8-d29ybGQ_.x', 'aGVsbG8-d29ybGQ_.x'],
  ['a+b/c=d', 'a%2Bb%2Fc%3Dd'],
  ['a:b', 'a%3Ab'],
  ['100%', '100%25'],
  ['a%2Db', 'a%252Db'],
  ['é', '%C3%A9'],
  ['🔑', '%F0%9F%94%91'],
  ['a b', 'a+b'],
  ["~!*'()", "~!*'()"],
  ['a&b?c#d"e\\f', 'a%26b%3Fc%23d%22e%5Cf'],
  ['lone \ud800 surrogate', 'lone+%EF%BF%BD+surrogate'],
];

test.for(VALUES)('client_secret_basic sends %j as %j, which a server decodes', async ([value, encoded]) => {
  const { headers } = await request('client_secret_basic', { clientId: value, clientSecret: value });
  const sent = basicOf(headers.authorization);
  expect(sent).toBe(`${encoded}:${encoded}`);
  const decoded = sent.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  expect(decoded).toEqual([value.toWellFormed(), value.toWellFormed()]);
});

test.for(VALUES)('client_secret_post sends %j in the form', async ([value]) => {
  const { body } = await request('client_secret_post', { clientId: value, clientSecret: value });
  const form = new URLSearchParams(body);
  expect([form.get('client_id'), form.get('client_secret')]).toEqual([
    value.toWellFormed(),
    value.toWellFormed(),
  ]);
});
