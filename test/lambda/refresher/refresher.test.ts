import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { codeOf, REFRESH_ERROR_CODES } from '../../../lambda/shared/refresh-error.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { STORE_RESERVE_SECONDS } from '../../../lambda/shared/time-budget.ts';
import type { AwsCall } from '../../../local/embedded-cloud/endpoint.ts';
import { resolveEnvironment } from '../../../local/function-environment.ts';
import type { InvocationResult } from '../../../local/function-runtime.ts';
import { awsClients } from '../../support/client.ts';
import { confidential, countLeaks, readLines } from '../../support/confidential.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { tagsOf } from '../../support/tags.ts';
import { type Answer, grant, oauthError } from '../../support/token-endpoint.ts';
import { jwt } from './provider-answers.ts';

/** The error codes that the tests of this file met. */
const provoked = new Set<string>();

let refresher: TestRefresher;
let clientSecret: string;

const newToken = () => confidential(`token+of/${randomUUID()}`);
const newCredentials = () => {
  clientSecret = newClientSecret();
  return credentials(clientSecret);
};
const resultOf = (answer: InvocationResult): RefreshResult => {
  if (!answer.ok) throw new Error(answer.errorMessage);
  return answer.result as RefreshResult;
};
/** Milliseconds for one request of ten seconds and no second one. */
const TIME_FOR_ONE_REQUEST = 10_400 + STORE_RESERVE_SECONDS * 1_000;
const outcomeOf = (answer: InvocationResult): string => {
  if (answer.ok) return 'ok';
  const code = codeOf(answer.errorMessage);
  provoked.add(code);
  return code;
};
const mintOne = async (fields: object = {}): Promise<string> => {
  const token = newToken();
  refresher.endpoint.answer(grant(token, fields));
  expect(resultOf(await refresher.invoke({ force: true })).outcome).toBe('minted');
  refresher.endpoint.forgetRequests();
  return token;
};

beforeEach(async () => {
  refresher = await startRefresher();
  await refresher.putSecret(newCredentials());
});

afterEach(() => refresher.close());

describe('a check', () => {
  test('stores a token that is not valid yet if there is no other, and warns', async () => {
    const now = Math.floor(Date.now() / 1_000);
    refresher.endpoint.answer(grant(confidential(jwt({ nbf: now + 3_600, exp: now + 7_200 }))));
    expect(resultOf(await refresher.invoke({}))).toMatchObject({ outcome: 'minted', reason: 'missing' });
    expect(refresher.fn.output.filter((line) => /"level":"WARN".*nbf/.test(line))).toHaveLength(1);
  });

  test('mints once in two runs, and stores the complete record encrypted', async () => {
    await refresher.restart({ TOKEN_SCOPE: 'travel:read' });
    const token = newToken();
    refresher.endpoint.answer(grant(token, { scope: 'travel:read admin' }));

    const first = resultOf(await refresher.invoke());
    const second = resultOf(await refresher.invoke());

    // Without a key id, Parameter Store uses its own key, and everybody who may read the parameter can decrypt it.
    const { input } =
      refresher.cloud.calls.find((call) => call.operation === 'PutParameter' && !isOfClaim(call)) ?? {};
    expect(input?.KeyId).toBe(resolveEnvironment(inject('deployable'))[ENVIRONMENT.parameterKeyId]);

    const record = await refresher.record();
    expect(first).toEqual({
      outcome: 'minted',
      reason: 'missing',
      expires_at: record.expires_at,
      parameter_version: 1,
    });
    expect(second).toEqual({
      outcome: 'kept',
      reason: 'fresh',
      expires_at: record.expires_at,
      parameter_version: 1,
    });
    expect(refresher.endpoint.requests).toHaveLength(1);
    expect(record).toEqual({
      access_token: token,
      token_type: 'Bearer',
      expires_at: record.issued_at + 3600,
      issued_at: expect.any(Number),
      scope: 'travel:read',
      source: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await refresher.stored())?.type).toBe('SecureString');
  });

  test('gives a new parameter its tags, and keeps them when it stores the next token', async () => {
    const { ssm } = awsClients(refresher.cloud.url);
    const tags = { team: 'travel', stage: 'test' };
    await refresher.restart({ TOKEN_PARAMETER_TAGS: JSON.stringify(tags) });
    refresher.endpoint.answer(grant(newToken()));
    expect(resultOf(await refresher.invoke()).parameter_version).toBe(1);
    expect(await tagsOf(ssm, refresher.parameterName)).toEqual(tags);
    await mintOne();
    expect((await refresher.stored())?.version).toBe(2);
    expect(await tagsOf(ssm, refresher.parameterName)).toEqual(tags);
  });

  test('sends the form that Spotnana documents', async () => {
    await refresher.restart({
      TOKEN_SCOPE: 'travel:read',
      TOKEN_EXTRA_PARAMETERS: '{"audience":"https://api"}',
    });
    refresher.endpoint.answer(grant(newToken()));
    await refresher.invoke();
    const [request] = refresher.endpoint.requests;
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client-id-of-the-test',
      client_secret: clientSecret,
      scope: 'travel:read',
      audience: 'https://api',
    });
  });

  test('sends the credentials in the header with client_secret_basic', async () => {
    await refresher.restart({ CLIENT_AUTHENTICATION: 'client_secret_basic' });
    refresher.endpoint.answer(grant(newToken()));
    await refresher.invoke();
    const [request] = refresher.endpoint.requests;
    const [id, secret] = Buffer.from(request?.headers.authorization?.slice(6) ?? '', 'base64')
      .toString()
      .split(':');
    expect([decodeURIComponent(id ?? ''), decodeURIComponent(secret ?? '')]).toEqual([
      'client-id-of-the-test',
      clientSecret,
    ]);
    expect(request?.body).toBe('grant_type=client_credentials');
  });

  test.for<[string, () => Promise<void>]>([
    ['the secret', () => refresher.putSecret(newCredentials())],
    ['the scope', () => refresher.restart({ TOKEN_SCOPE: 'travel:write' })],
    [
      'the name of a field in the secret',
      () => {
        const exchanged = { client_id: 'client_secret', client_secret: 'client_id' };
        return refresher.restart({ CREDENTIAL_FIELDS: JSON.stringify(exchanged) });
      },
    ],
    ['the default lifetime', () => refresher.restart({ DEFAULT_LIFETIME_SECONDS: '7200' })],
    ['an extra parameter', () => refresher.restart({ TOKEN_EXTRA_PARAMETERS: '{"audience":"a"}' })],
    [
      'the token URL',
      () => refresher.restart({ TOKEN_URL: refresher.endpoint.url.replace('127.0.0.1', 'localhost') }),
    ],
  ])('mints once when %s changes', async ([, change]) => {
    await mintOne();
    await change();
    refresher.endpoint.answer(grant(newToken()));
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'minted', reason: 'source-changed' });
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'kept', reason: 'fresh' });
  });

  test.for([
    ['text', 'soon'],
    ['in milliseconds', Date.now() + 3_600_000],
    ['in the past', 1],
  ] as const)('replaces a damaged record of its own whose expiry is %s', async ([, expires_at]) => {
    await mintOne();
    await refresher.putParameter(JSON.stringify({ ...(await refresher.record()), expires_at }));
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'minted', reason: 'unreadable' });
  });

  test('overwrites a foreign value when forced', async () => {
    await refresher.putParameter('{"password": "foreign"}');
    refresher.endpoint.answer(grant(newToken()));
    expect(resultOf(await refresher.invoke({ force: true }))).toMatchObject({
      outcome: 'minted',
      reason: 'forced',
    });
  });

  test.for(['InvalidKeyId', 'AccessDeniedException'])(
    'overwrites a value when forced if decrypting it fails with %s',
    async (type) => {
      await mintOne();
      const token = newToken();
      refresher.endpoint.answer(grant(token));
      restore = refresher.cloud.intercept(({ operation, input }) =>
        operation === 'GetParameter' && input.WithDecryption === true
          ? { status: 400, type, message: 'the key cannot be used' }
          : undefined,
      );
      expect(outcomeOf(await refresher.invoke())).toBe('STORE_UNAVAILABLE');
      expect(resultOf(await refresher.invoke({ force: true }))).toMatchObject({ parameter_version: 2 });
      restore();
      expect((await refresher.record()).access_token).toBe(token);
    },
  );

  test('replaces a rejected token only if it is the stored one and not just minted', async () => {
    const token = await mintOne();
    const rejected = { rejected: sha256(token) };
    expect(resultOf(await refresher.invoke(rejected))).toMatchObject({
      outcome: 'kept',
      reason: 'just-minted',
    });
    expect(resultOf(await refresher.invoke({ rejected: sha256('another') }))).toMatchObject({
      reason: 'already-replaced',
    });

    const record = await refresher.record();
    await refresher.putParameter(JSON.stringify({ ...record, issued_at: record.issued_at - 100 }));
    refresher.endpoint.answer(grant(newToken()));
    expect(resultOf(await refresher.invoke(rejected))).toMatchObject({
      outcome: 'minted',
      reason: 'rejected',
    });
    expect(resultOf(await refresher.invoke(rejected))).toMatchObject({
      outcome: 'kept',
      reason: 'already-replaced',
    });
    expect(refresher.endpoint.requests).toHaveLength(1);
  });

  test('backs off after a 429 and mints one token in three requests', async () => {
    refresher.endpoint.answer(
      { ...oauthError(429, 'slow_down'), headers: { 'retry-after': '1' } },
      oauthError(429, 'slow_down'),
      grant(newToken()),
    );
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'minted' });
    expect(refresher.endpoint.requests).toHaveLength(3);
    expect((await refresher.stored())?.version).toBe(1);
  });

  test('does not send a request before the time of Retry-After, in any container', async () => {
    await mintOne();
    const before = await refresher.stored();
    await refresher.putSecret(newCredentials());
    refresher.endpoint.answer({ status: 429, headers: { 'retry-after': '600' } });
    expect(outcomeOf(await refresher.invoke())).toBe('RATE_LIMITED');
    expect(outcomeOf(await refresher.invoke())).toBe('RATE_LIMITED');
    await refresher.restart();
    expect(outcomeOf(await refresher.invoke())).toBe('RATE_LIMITED');
    expect(refresher.endpoint.requests).toHaveLength(1);
    expect(await refresher.stored()).toEqual(before);
  });

  test('uses the previous credentials while the server rejects the current ones, and counts that', async () => {
    const oldSecret = clientSecret;
    await refresher.putSecret(newCredentials());
    const token = newToken();
    refresher.endpoint.answer(({ body }) =>
      new URLSearchParams(body).get('client_secret') === oldSecret
        ? grant(token)
        : oauthError(401, 'invalid_client'),
    );
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'minted' });
    expect(refresher.endpoint.requests).toHaveLength(2);
    expect(refresher.written()).toContain('"PreviousCredentialsUsed":1');
    // Each check tries the current credentials once more, and keeps the token.
    for (const requests of [3, 4]) {
      expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'kept', reason: 'fresh' });
      expect(refresher.endpoint.requests).toHaveLength(requests);
      expect(refresher.written().match(/"PreviousCredentialsUsed":1/g)).toHaveLength(requests - 1);
    }
    refresher.endpoint.answer(grant(token));
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'minted', reason: 'source-changed' });
  });

  test('stores a token that Parameter Store refused in the next run, without minting again', async () => {
    const token = newToken();
    refresher.endpoint.answer(grant(token));
    deny('ssm', 'PutParameter');
    expect(outcomeOf(await refresher.invoke())).toBe('STORE_UNAVAILABLE');
    restore();
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'minted' });
    expect((await refresher.record()).access_token).toBe(token);
    expect(refresher.endpoint.requests).toHaveLength(1);
  });

  test('stores an unstored token in the next run even if the stored one is fresh', async () => {
    const kept = await mintOne();
    const token = newToken();
    refresher.endpoint.answer(grant(token));
    deny('ssm', 'PutParameter');
    expect(outcomeOf(await refresher.invoke({ force: true }))).toBe('STORE_UNAVAILABLE');
    expect((await refresher.record()).access_token).toBe(kept);
    restore();
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'minted', reason: 'forced' });
    expect((await refresher.record()).access_token).toBe(token);
    expect(resultOf(await refresher.invoke())).toMatchObject({ outcome: 'kept', reason: 'fresh' });
    expect(refresher.endpoint.requests).toHaveLength(1);
  });

  test('limits a long Retry-After, and fails with the same code during the pause', async () => {
    await mintOne();
    await refresher.putSecret(newCredentials());
    refresher.endpoint.answer({ status: 503, headers: { 'retry-after': '99999999999999' } });
    expect(outcomeOf(await refresher.invoke())).toBe('ENDPOINT_UNAVAILABLE');
    expect(outcomeOf(await refresher.invoke())).toBe('ENDPOINT_UNAVAILABLE');
    expect(refresher.endpoint.requests).toHaveLength(1);
  });

  test('emits the remaining validity if Secrets Manager fails', async () => {
    await mintOne();
    const before = refresher.written().length;
    deny('secretsmanager', 'DescribeSecret');
    expect(outcomeOf(await refresher.invoke())).toBe('CREDENTIALS_UNAVAILABLE');
    expect(refresher.written().slice(before)).toContain('"SecondsUntilExpiry":');
  });

  test('stores a token of more than 4 KB', async () => {
    const token = `${newToken()}${'a'.repeat(5_000)}`;
    refresher.endpoint.answer(grant(token));
    expect(resultOf(await refresher.invoke()).outcome).toBe('minted');
    expect((await refresher.record()).access_token).toBe(token);
  });

  test('counts a token that does not last from one check to the next', async () => {
    await mintOne({ expires_in: 200 });
    expect(refresher.written()).toContain('"LifetimeTooShort":1');
  });
});

/** Ends the fault that a test caused in the AWS endpoint. */
let restore = () => {};
const isOfClaim = ({ input }: AwsCall) => String(input.Name).endsWith('.claim');
const deny = (service: 'ssm' | 'secretsmanager', operation: string) => {
  restore = refresher.cloud.intercept((call) =>
    call.service === service && call.operation === operation && !isOfClaim(call)
      ? { status: 400, type: 'AccessDeniedException', message: 'User is not authorized' }
      : undefined,
  );
};

/** An answer that echoes the request, as a debugging proxy may. */
const echo =
  (status: number) =>
  ({ body }: { body: string }): Answer => ({ status, body: { error: body, error_description: body } });

describe('a failure leaves the stored token unchanged:', () => {
  const responses: [string, string, Answer | ((request: { body: string }) => Answer), number][] = [
    ['CLIENT_REJECTED', 'invalid_client', oauthError(401, 'invalid_client'), 1],
    ['CLIENT_REJECTED', 'unauthorized_client', oauthError(400, 'unauthorized_client'), 1],
    ['REQUEST_REJECTED', 'invalid_scope', oauthError(400, 'invalid_scope'), 1],
    ['REQUEST_REJECTED', 'a 404 page', { status: 404, body: '<html>' }, 1],
    ['REQUEST_REJECTED', 'an echo of the form', echo(400), 1],
    ['RATE_LIMITED', 'a long Retry-After', { status: 429, headers: { 'retry-after': '3600' } }, 1],
    [
      'RATE_LIMITED',
      'a long Retry-After as a date',
      { status: 429, headers: { 'retry-after': 'Tue, 01 Jan 2999 00:00:00 GMT' } },
      1,
    ],
    ['ENDPOINT_UNAVAILABLE', 'an echo with 503', echo(503), 6],
    ['ENDPOINT_UNAVAILABLE', 'a connection that is reset', { reset: true }, 6],
    ['ENDPOINT_UNAVAILABLE', 'headers that never come', { hang: 'headers' }, 1],
    ['ENDPOINT_UNAVAILABLE', 'a body that never ends', { hang: 'body' }, 1],
    ['RESPONSE_INVALID', 'no JSON', { body: 'access_token=x' }, 1],
    ['RESPONSE_INVALID', 'an echo with 200', echo(200), 1],
    ['RESPONSE_INVALID', 'a JSON array', { body: [] }, 1],
    ['RESPONSE_INVALID', 'no access_token', grant('', { access_token: undefined }), 1],
    ['RESPONSE_INVALID', 'an empty access_token', grant(''), 1],
    ['RESPONSE_INVALID', 'an access_token that is a number', grant('', { access_token: 5 }), 1],
    ['RESPONSE_INVALID', 'a line break in access_token', grant('a\r\nb'), 1],
    ['RESPONSE_INVALID', 'no expires_in', grant('t', { expires_in: undefined }), 1],
    ['RESPONSE_INVALID', 'expires_in 0', grant('t', { expires_in: 0 }), 1],
    ['RESPONSE_INVALID', 'expires_in -1', grant('t', { expires_in: -1 }), 1],
    [
      'RESPONSE_INVALID',
      'an infinite expires_in',
      { body: '{"access_token":"t","token_type":"Bearer","expires_in":1e400}' },
      1,
    ],
    ['RESPONSE_INVALID', 'another token type', grant('t', { token_type: 'mac' }), 1],
    ['RESPONSE_INVALID', 'a redirect', { status: 307, headers: { location: '/elsewhere' } }, 1],
    ['RESPONSE_INVALID', 'a body of more than 64 KB', { body: { access_token: 'x'.repeat(70_000) } }, 1],
    ['RESPONSE_INVALID', 'a body that is sent forever', { endlessBody: true }, 1],
    ['TOKEN_TOO_LARGE', 'a token of more than 8 KB', grant('x'.repeat(8_200)), 1],
  ];

  test.for(responses)('%s from %s', async ([code, , answer, requests]) => {
    await mintOne();
    const before = await refresher.stored();
    refresher.endpoint.answer(answer);
    const options = 'hang' in answer ? { remaining: TIME_FOR_ONE_REQUEST } : {};
    expect(outcomeOf(await refresher.invoke({ force: true }, options))).toBe(code);
    expect(await refresher.stored()).toEqual(before);
    expect(refresher.endpoint.requests).toHaveLength(requests);
  });

  const states: [string, string, () => unknown, object?][] = [
    [
      'CONFIGURATION_INVALID',
      'a plain http URL',
      () => refresher.restart({ TOKEN_URL: 'http://auth.example.com/' }),
    ],
    [
      'CREDENTIALS_NOT_FOUND',
      'a secret that does not exist',
      () => refresher.restart({ CREDENTIALS_SECRET_ID: 'nothing' }),
    ],
    ['CREDENTIALS_INVALID', 'a secret that is not JSON', () => refresher.putSecret(newClientSecret())],
    ['CREDENTIALS_INVALID', 'a secret without client_secret', () => refresher.putSecret('{"client_id":"a"}')],
    ['CREDENTIALS_UNAVAILABLE', 'DescribeSecret denied', () => deny('secretsmanager', 'DescribeSecret')],
    ['CREDENTIALS_UNAVAILABLE', 'GetSecretValue denied', () => deny('secretsmanager', 'GetSecretValue')],
    ['STORE_UNAVAILABLE', 'GetParameter denied', () => deny('ssm', 'GetParameter'), {}],
    ['STORE_UNAVAILABLE', 'GetParameter denied to a forced run', () => deny('ssm', 'GetParameter')],
    ['STORE_UNAVAILABLE', 'PutParameter denied', () => deny('ssm', 'PutParameter')],
    [
      'STORE_UNAVAILABLE',
      'an answer that is not JSON',
      () => {
        const body = `{"Parameter": ${newToken()}`;
        restore = refresher.cloud.intercept(({ operation }) =>
          operation === 'GetParameter' ? { body } : undefined,
        );
      },
    ],
    ['ENDPOINT_UNAVAILABLE', 'a refused connection', () => refresher.endpoint.close()],
  ];

  test.for(states)('%s with %s', async ([code, , breakIt, event = { force: true }]) => {
    await mintOne();
    const before = await refresher.stored();
    refresher.endpoint.answer(grant(newToken()));
    await breakIt();
    expect(outcomeOf(await refresher.invoke(event))).toBe(code);
    restore();
    expect(await refresher.stored()).toEqual(before);
  });

  test('EVENT_INVALID with an unknown event', async () => {
    await mintOne();
    const before = await refresher.stored();
    expect(outcomeOf(await refresher.invoke({ refresh: true }))).toBe('EVENT_INVALID');
    expect(await refresher.stored()).toEqual(before);
  });

  test.for([
    ['foreign text', 'SecureString'],
    ['{"password":"p"}', 'SecureString'],
    ['plain', 'String'],
  ] as const)('PARAMETER_OCCUPIED with the value %s in a %s', async ([value, Type]) => {
    await refresher.putParameter(value, { Type, Overwrite: false });
    expect(outcomeOf(await refresher.invoke())).toBe('PARAMETER_OCCUPIED');
    expect(await refresher.stored()).toEqual({ value, version: 1, type: Type });
    expect(refresher.endpoint.requests).toHaveLength(0);
  });
});

test('CREDENTIALS_NOT_SET names the command that stores the credentials', async () => {
  const empty = await startRefresher();
  const storedBefore = JSON.stringify({
    access_token: newToken(),
    token_type: 'Bearer',
    issued_at: 1_800_000_000,
    expires_at: 1_800_003_600,
    source: sha256('another secret'),
  });
  await empty.putParameter(storedBefore);
  const before = await empty.stored();
  const answer = await empty.invoke();
  expect(outcomeOf(answer)).toBe('CREDENTIALS_NOT_SET');
  expect(await empty.stored()).toEqual(before);
  expect(JSON.stringify(answer)).toContain('aws secretsmanager put-secret-value');
  await empty.close();
});

describe('over all tests above', () => {
  test('every error code was provoked', () => {
    expect([...provoked].sort()).toEqual([...REFRESH_ERROR_CODES].sort());
  });

  test('nothing confidential was written, in any encoding', () => {
    const { secrets, written } = inject('leakFiles');
    const everything = readFileSync(written, 'utf8');
    const confidentialValues = new Set(readLines(secrets));
    expect(confidentialValues.size).toBeGreaterThan(50);
    expect(everything).toContain('"_aws"');
    expect(everything.match(/"level":"ERROR"/g)?.length).toBeGreaterThan(REFRESH_ERROR_CODES.length);
    expect(countLeaks(confidentialValues, everything)).toBe(0);
    for (const id of ['a', 'ab', 'abc']) {
      const header = Buffer.from(`${id}:${encodeURIComponent(clientSecret)}`).toString('base64');
      expect(countLeaks([clientSecret], `Basic ${header}`)).toBe(1);
    }
  });
});
