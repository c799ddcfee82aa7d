import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestToken } from '../../../lambda/refresher/token-request.ts';
import { systemClock } from '../../../lambda/shared/clock.ts';
import type { ClientAuthenticationMethod } from '../../../lambda/shared/refresher-environment.ts';
import { configurationFor } from '../../support/configuration.ts';
import { grant, startTokenEndpoint, type TokenEndpoint } from '../../support/token-endpoint.ts';

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

test('a redirect is returned, not followed', async () => {
  endpoint.answer({ status: 307, headers: { location: '/elsewhere' } }, grant('granted'));
  await request('client_secret_post', { clientId: 'id', clientSecret: 'secret' });
  expect(endpoint.requests.map(({ path }) => path)).toEqual(['/']);
});

test.for([
  [65_536, 'answer'],
  [65_537, 'too-large'],
] as const)('a body of %i bytes is read as %s', async ([bytes, type]) => {
  endpoint.answer({ body: ' '.repeat(bytes) });
  const tools = { clock: systemClock, fetch: globalThis.fetch, timeout: 5_000 };
  const credentials = { clientId: 'id', clientSecret: 'secret' };
  expect(await requestToken(configurationFor(endpoint.url), credentials, tools)).toMatchObject({ type });
});

test('a connection that was reset is reported with the code of the system', async () => {
  endpoint.answer({ reset: true });
  const tools = { clock: systemClock, fetch: globalThis.fetch, timeout: 5_000 };
  const credentials = { clientId: 'id', clientSecret: 'secret' };
  const answer = await requestToken(configurationFor(endpoint.url), credentials, tools);
  expect(answer).toEqual({
    type: 'unreachable',
    reason: expect.stringMatching(/^(ECONNRESET|UND_ERR_SOCKET)$/),
  });
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
