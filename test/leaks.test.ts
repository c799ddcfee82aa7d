import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Logger } from '@aws-lambda-powertools/logger';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { mint } from '../lambda/refresher/mint.ts';
import { codeOf, REFRESH_ERROR_CODES } from '../lambda/shared/refresh-error.ts';
import { jwt } from './lambda/refresher/provider-answers.ts';
import { assertNoLeaks, confidential, countLeaks, recordWritten } from './support/confidential.ts';
import { configurationFor } from './support/configuration.ts';
import { CLIENT_ID, credentials, startRefresher, type TestRefresher } from './support/refresher.ts';
import { createTestClock } from './support/test-clock.ts';
import { type Answer, type ReceivedRequest, startTokenEndpoint } from './support/token-endpoint.ts';

/** A confidential value with characters that a form or a URL encodes. */
const newValue = (name: string): string => confidential(`${name}-_.~+/${randomBytes(24).toString('hex')}`);

/** What an answer can echo. Generated answers hold these placeholders, so that a counterexample shows no secret. */
const ECHOES: Readonly<Record<string, (request: ReceivedRequest, token: string) => string>> = {
  '%TOKEN%': (_, token) => token,
  '%FORM%': ({ body }) => body,
  '%SECRET%': ({ body, headers }) =>
    new URLSearchParams(body).get('client_secret') ?? passwordOf(headers.authorization),
  '%AUTHORIZATION%': ({ headers }) => headers.authorization ?? '',
  // A JWT whose claims echo the request and the token.
  '%JWT%': ({ body, headers }, token) =>
    jwt({ exp: body, nbf: token, iss: body, sub: headers.authorization ?? token }),
};

function passwordOf(authorization = ''): string {
  const [, password = ''] = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':');
  return decodeURIComponent(password);
}

const echo = fc.constantFrom(...Object.keys(ECHOES));
const text = fc
  .array(fc.oneof(echo, fc.string({ maxLength: 12 })), { maxLength: 4 })
  .map((parts) => parts.join(' '));
const value = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: echo },
  fc.constantFrom(3600, '3600', '3600.0', 0, -1, 1e15, true, false, null, ''),
  fc.constantFrom('Bearer', 'BearerToken', 'DPoP', 'JWT', 'invalid_client', 'access_denied'),
  fc.array(text, { maxLength: 2 }),
  fc.dictionary(fc.string({ maxLength: 8 }), text, { maxKeys: 2 }),
);
const FIELDS = [
  'access_token',
  'token_type',
  'expires_in',
  'scope',
  'error',
  'error_description',
  'error_uri',
  'id_token',
  'refresh_token',
  'accessToken',
  'data',
  'errors',
  'errcode',
  'ok',
  'success',
  '__proto__',
  'toString',
];
const fields = fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 6 });
const body = fc.oneof(
  { weight: 2, arbitrary: fields.map((found) => JSON.stringify(found)) },
  // Nearly a valid grant, to get past the first checks.
  {
    weight: 3,
    arbitrary: fields.map((found) =>
      JSON.stringify({ access_token: '%TOKEN%', token_type: 'Bearer', expires_in: 3600, ...found }),
    ),
  },
  // A valid grant with any scope, because the scope is stored.
  {
    weight: 2,
    arbitrary: text.map((scope) =>
      JSON.stringify({
        access_token: '%TOKEN%',
        token_type: 'Bearer',
        expires_in: 3600,
        scope: `read ${scope}`,
      }),
    ),
  },
  text,
  fc
    .tuple(fc.constantFrom('<html>', '<a>', 'a=', 'eyJ', '{"', '\ufeff', '"'), text)
    .map((parts) => parts.join('')),
  fc.json(),
);
const headerText = fc.oneof(echo, fc.string({ unit: fc.constantFrom(...'abc 019;="'), maxLength: 12 }));
const headers = fc.dictionary(
  fc.constantFrom('content-type', 'www-authenticate', 'location', 'x-debug', 'set-cookie', 'retry-after'),
  // Seconds in Retry-After would pause the container. HTTP trims spaces around them.
  headerText.map((found) => found.trim().replace(/^\d+$/, '0')),
  { maxKeys: 3 },
);
const status = fc.oneof(
  { weight: 4, arbitrary: fc.constant(200) },
  { weight: 2, arbitrary: fc.constantFrom(400, 401, 403, 429, 500, 503) },
  fc.integer({ min: 200, max: 599 }),
);
const answer = fc.record({ status, headers, body });
type Generated = typeof answer extends fc.Arbitrary<infer Value> ? Value : never;

const fill = (template: string, request: ReceivedRequest, token: string): string =>
  Object.entries(ECHOES).reduce(
    (filled, [name, of]) => filled.replaceAll(name, of(request, token)),
    template,
  );

/** Answers with the placeholders filled in. */
const answerWith =
  (generated: Generated, token: string, seen: (request: ReceivedRequest) => void) =>
  (request: ReceivedRequest): Answer => {
    seen(request);
    const filled = Object.entries(generated.headers).map(([name, text]) => [
      name,
      fill(text, request, token),
    ]);
    return {
      status: generated.status,
      headers: Object.fromEntries(filled),
      body: fill(generated.body, request, token),
    };
  };

/** All runs of twelve characters in the random part of a value. Neither truncation nor masking may leave one. */
const piecesOf = (secret: string): string[] => {
  const random = secret.slice(secret.lastIndexOf('/') + 1);
  return Array.from({ length: random.length - 11 }, (_, start) => random.slice(start, start + 12));
};
const leaksIn = (written: string, secrets: readonly string[]): number =>
  countLeaks(secrets, written) + countLeaks(secrets.flatMap(piecesOf), written);

describe('for any answer of the token endpoint,', () => {
  const secrets: Readonly<Record<'current' | 'previous', string>> = {
    current: newValue('secret'),
    previous: newValue('former'),
  };
  let refresher: TestRefresher;
  beforeAll(async () => {
    refresher = await startRefresher();
    for (const secret of [secrets.previous, secrets.current]) await refresher.putSecret(credentials(secret));
  });
  afterAll(() => refresher.close());

  test.for(['client_secret_post', 'client_secret_basic'])(
    'the function writes and returns nothing confidential and fails only with a known code, with %s',
    async (method) => {
      await refresher.restart({ CLIENT_AUTHENTICATION: method, TOKEN_SCOPE: 'read' });
      const property = fc.asyncProperty(answer, async (generated) => {
        const token = newValue('token');
        const confidentialHere: string[] = [token, ...Object.values(secrets)];
        const respond = answerWith(generated, token, ({ headers: { authorization } }) => {
          if (authorization !== undefined) confidentialHere.push(confidential(authorization.slice(6)));
        });
        refresher.endpoint.answer(respond);
        refresher.endpoint.forgetRequests();
        const from = refresher.fn.output.length;
        const answered = await refresher.invoke({ force: true });
        expect(refresher.endpoint.requests.length).toBeGreaterThan(0);
        const written = [...refresher.fn.output.slice(from), JSON.stringify(answered)].join('\n');
        expect(leaksIn(written, confidentialHere)).toBe(0);
        if (!answered.ok) {
          expect(REFRESH_ERROR_CODES).toContain(codeOf(answered.errorMessage));
          return;
        }
        const { access_token, ...shown } = await refresher.record();
        expect(access_token).toMatch(/^[\x21-\x7e]+$/);
        // The CLI shows all fields but the token.
        expect(countLeaks(Object.values(secrets), JSON.stringify(shown))).toBe(0);
        expect([undefined, 'read']).toContain(shown.scope);
      });
      await fc.assert(property, { numRuns: 100 });
    },
  );

  test('an unexpected error is shown by its name and stack frames only', async () => {
    // A defect with an error message that quotes the request.
    const defect = `globalThis.fetch = async (url, { body }) => {
      const headers = { get() { throw new TypeError('cannot read ' + body); } };
      return Object.defineProperty(new Response('', { status: 503 }), 'headers', { value: headers });
    };`;
    await refresher.restart({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(defect)}` });
    const answered = await refresher.invoke({ force: true });
    const written = [...refresher.fn.output, JSON.stringify(answered)].join('\n');
    expect(written).toContain('failed unexpectedly with TypeError');
    expect(leaksIn(written, [secrets.current, secrets.previous])).toBe(0);
  });

  test('an error shows nothing confidential when console.error or Powertools prints it', async () => {
    const endpoint = await startTokenEndpoint();
    const printed: string[] = [];
    for (const level of ['debug', 'error', 'info', 'log', 'warn'] as const)
      vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
        printed.push(parts.map((part) => (typeof part === 'string' ? part : inspect(part))).join(' '));
      });
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    const logger = new Logger({ logLevel: 'DEBUG' });
    const configuration = configurationFor(endpoint.url);
    const client = { clientId: CLIENT_ID, clientSecret: secrets.current };
    let failures = 0;
    const property = fc.asyncProperty(answer, async (generated) => {
      const token = newValue('token');
      endpoint.answer(answerWith(generated, token, () => undefined));
      const clock = createTestClock();
      const tools = {
        clock,
        fetch: globalThis.fetch,
        random: () => 1,
        deadline: clock.now() + 60_000,
        mostRequests: 6,
        observations: { attempts: 0, isLifetimeBounded: false },
      };
      const error = await mint(configuration, client, 'source', tools).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) return;
      failures += 1;
      printed.length = 0;
      console.error(error);
      logger.error('the run failed', error as Error);
      logger.error('the run failed', { error });
      printed.push(
        inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
        JSON.stringify(error),
      );
      recordWritten(printed.join('\n'));
      expect(leaksIn(printed.join('\n'), [token, secrets.current])).toBe(0);
    });
    await fc.assert(property, { numRuns: 150 });
    expect(failures).toBeGreaterThan(20);
    expect(printed.join('\n')).toContain('"level": "ERROR"');
    vi.unstubAllEnvs();
    await endpoint.close();
  });
});

test('the search at the end of all tests fails for a written value without showing it', () => {
  const [secret, other] = [newValue('secret'), newValue('secret')];
  expect(() => assertNoLeaks([secret, other], `sent ${encodeURIComponent(secret)}`)).toThrow(
    /^1 tokens or secrets/,
  );
  expect(() => assertNoLeaks([secret, other], 'sent nothing')).not.toThrow();
});

test('the search finds echoed values', () => {
  const secret = newValue('secret');
  const received: ReceivedRequest = {
    method: 'POST',
    path: '/',
    headers: {},
    body: `client_secret=${encodeURIComponent(secret)}`,
    at: 0,
  };
  expect(leaksIn(fill('%SECRET%', received, ''), [secret])).toBeGreaterThan(0);
  expect(leaksIn(fill('%FORM%', received, ''), [secret])).toBeGreaterThan(0);
  expect(leaksIn(secret.slice(20, 40), [secret])).toBeGreaterThan(0);
  expect(leaksIn(secret.slice(0, 9), [secret])).toBe(0);
});

describe('the template', () => {
  const { template } = inject('deployable');

  test('holds no secret value, takes none as a parameter, and resolves none in CloudFormation', () => {
    expect(JSON.stringify(template)).not.toMatch(/SecretString|resolve:(secretsmanager|ssm-secure)/);
    expect(Object.keys((template as { Parameters?: object }).Parameters ?? {})).toEqual(['BootstrapVersion']);
  });

  test('enables X-Ray tracing for no function', () => {
    const functions = Object.values(template.Resources).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    expect(functions.map(({ Properties }) => Properties.TracingConfig)).toEqual([undefined, undefined]);
  });
});
