import { describe, expect, test } from 'vitest';
import { readGrant } from '../../../lambda/refresher/grant.ts';
import type { TokenAnswer } from '../../../lambda/refresher/token-request.ts';
import { RefreshError, type RefreshErrorCode } from '../../../lambda/shared/refresh-error.ts';
import { REFUSALS_OF_REQUEST, REFUSALS_OF_SECRET } from '../../support/refusals.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const DAY = 86_400_000;
/** No message and no detail may show it. */
const ECHOED = 'text-that-the-server-sent';

/** How the refresher understands an answer that grants no token. */
function failureOf(answer: TokenAnswer): RefreshError {
  try {
    readGrant(
      answer,
      { tokenUrl: 'https://auth.example.com/token', defaultLifetime: undefined },
      { sentAt: NOW, answeredAt: NOW },
    );
  } catch (error) {
    if (error instanceof RefreshError) return error;
    throw error;
  }
  throw new Error('the answer is a grant');
}

const answered = (
  status: number,
  body: string | object = '',
  headers: Readonly<Record<string, string>> = {},
): RefreshError =>
  failureOf({
    type: 'answer',
    status,
    headers: new Headers(headers),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test.for([...REFUSALS_OF_SECRET, ...REFUSALS_OF_REQUEST])(
  'an answer $kind fails with $code, and the message says what was found',
  ({ answer: { status = 200, body }, code, shown }) => {
    const failure = answered(status, body);
    expect(failure).toMatchObject({ code, retryable: false });
    expect(failure.message).toContain(shown);
  },
);

test.for<[number, RefreshErrorCode]>([
  [202, 'RESPONSE_INVALID'],
  [204, 'RESPONSE_INVALID'],
  [302, 'RESPONSE_INVALID'],
  [399, 'RESPONSE_INVALID'],
  [400, 'REQUEST_REJECTED'],
  [401, 'CLIENT_REJECTED'],
  [402, 'REQUEST_REJECTED'],
  [403, 'REQUEST_REJECTED'],
  [404, 'REQUEST_REJECTED'],
  [408, 'ENDPOINT_UNAVAILABLE'],
  [422, 'REQUEST_REJECTED'],
  [429, 'RATE_LIMITED'],
  [499, 'REQUEST_REJECTED'],
  [500, 'ENDPOINT_UNAVAILABLE'],
  [503, 'ENDPOINT_UNAVAILABLE'],
  [599, 'ENDPOINT_UNAVAILABLE'],
])('status %i without a body fails with %s, and its details hold only the status', ([status, code]) => {
  const failure = answered(status);
  expect(failure.code).toBe(code);
  expect(failure.details).toEqual({ status });
});

test.for<[number, string | object, RegExp]>([
  [429, '', /answered HTTP 429\. The next check tries again\. .* find out what else requests tokens/],
  [
    503,
    '',
    /answered HTTP 503\. The next check tries again\. .* ask the operator of the authorization server/,
  ],
  [204, '', /sent HTTP 204\. Check the token URL/],
  [300, '', /sent a redirect \(HTTP 300\), which is never followed\. Check the token URL/],
  [400, '', /answered HTTP 400 with empty text\. Check the token URL, the scope/],
  [400, { error: 'invalid_scope' }, /answered HTTP 400 invalid_scope\. Check/],
  [400, { error: null }, /answered HTTP 400 with a JSON object\. Check/],
  [401, '', /answered HTTP 401 with empty text: it rejects the client\. Check the client ID/],
])('the message after status %i with %j says what happened and what to do', ([status, body, message]) => {
  expect(answered(status, body).message).toMatch(message);
});

describe('an error code is read', () => {
  test.for<object>([
    { error: 'invalid_client' },
    { error: { error: 'invalid_client' } },
    { error: { code: 'invalid_client' } },
    { error: { type: 'invalid_client' } },
    { type: 'invalid_client', error: true },
    { code: 'invalid_client' },
    { errorCode: 'invalid_client' },
    { error_code: 'invalid_client' },
    // Apigee
    { ErrorCode: 'invalid_client', Error: 'ClientId is Invalid' },
    { error: 'a text of its own', code: 'invalid_client' },
  ])('from %j', (body) => {
    expect(answered(400, body)).toMatchObject({
      code: 'CLIENT_REJECTED',
      details: { status: 400, oauthError: 'invalid_client' },
    });
  });

  test.for([
    'invalid_request',
    'unsupported_grant_type',
    'invalid_scope',
    'invalid_target',
    'server_error',
    'temporarily_unavailable',
    'invalid_dpop_proof',
    'use_dpop_nonce',
    'slow_down',
    'insufficient_scope',
    'invalid_token',
  ])('if it is registered and does not reject the client: %s', (error) => {
    expect(answered(400, { error })).toMatchObject({
      code: 'REQUEST_REJECTED',
      details: { oauthError: error },
    });
  });

  test.for(['error', 'code', 'type', 'errorCode', 'error_code', 'ErrorCode', 'message', 'error_description'])(
    'but never shown if it is not registered, in the field %s',
    (field) => {
      for (const body of [{ [field]: ECHOED }, { error: { [field]: ECHOED } }, { [field]: [ECHOED] }])
        for (const status of [200, 302, 400, 401, 403, 429, 503]) {
          const { message, details } = answered(status, body);
          expect(message + JSON.stringify(details)).not.toContain(ECHOED);
          expect(details).not.toHaveProperty('oauthError');
        }
    },
  );
});

describe('a wait that the endpoint asks for', () => {
  const headerNames = [
    'retry-after',
    'ratelimit',
    'ratelimit-reset',
    'x-ratelimit-reset-after',
    'x-ratelimit-reset',
    'x-rate-limit-reset',
  ];
  const digits = (count: number) => '9'.repeat(count);
  const hostile = [
    '-1',
    '-99999999999999999999',
    '0',
    '00000000000000000000000000000000',
    '1e999',
    'NaN',
    'Infinity',
    '-Infinity',
    '0x7fffffff',
    '9007199254740993',
    digits(11),
    digits(400),
    digits(16_000),
    `${digits(400)}.${digits(400)}`,
    '1,2,3',
    Array(5_000).fill('1').join(', '),
    ' ',
    'Mon',
    'Fri, 31 Dec 275760 23:59:59 GMT',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    `Mon${' '.repeat(16_000)}`,
    `"a";r=0;t=${digits(400)}`,
    '"a";r=0;t=-5',
    `"a";${';'.repeat(30_000)}`,
    `${'"a";r=1, '.repeat(7_000)}"b";r=0;t=7`,
    `"${'a'.repeat(65_000)}`,
    `${', '.repeat(32_000)}x`,
  ];

  test.for(headerNames)('in %s is at most a day, whatever the header holds', (name) => {
    for (const value of hostile)
      for (const status of [429, 503]) {
        const { details, message, code } = answered(status, '', { [name]: value });
        expect(code).toBe(status === 429 ? 'RATE_LIMITED' : 'ENDPOINT_UNAVAILABLE');
        for (const instant of [details.notBefore, details.resetAt].filter((one) => one !== undefined))
          expect(Number.isSafeInteger(instant) && instant >= NOW && instant <= NOW + DAY).toBe(true);
        expect(message.length).toBeLessThan(300);
      }
  });

  test('in several headers of one name is the longest', () => {
    const headers = new Headers([
      ['retry-after', '5'],
      ['retry-after', '10'],
    ]);
    const { details } = failureOf({ type: 'answer', status: 429, headers, body: '' });
    expect(details).toEqual({ status: 429, notBefore: NOW + 10_000 });
  });

  test.for<[number, Readonly<Record<string, string>>, object]>([
    [429, { 'retry-after': '7' }, { notBefore: NOW + 7_000 }],
    [503, { 'retry-after': '7' }, { notBefore: NOW + 7_000 }],
    [500, { 'retry-after': '7' }, { notBefore: NOW + 7_000 }],
    [429, { 'ratelimit-reset': '7' }, { resetAt: NOW + 7_000 }],
    [503, { 'ratelimit-reset': '7' }, { resetAt: NOW + 7_000 }],
    [500, { 'ratelimit-reset': '7' }, {}],
    [429, { 'retry-after': '7', 'ratelimit-reset': '9' }, { notBefore: NOW + 7_000 }],
    [401, { 'retry-after': '7', 'ratelimit-reset': '9' }, {}],
    [403, { 'retry-after': '7' }, {}],
  ])('with status %i in %j is noted as %j', ([status, headers, expected]) => {
    const { details, message } = answered(status, '', headers);
    expect(details).toEqual({ status, ...expected });
    expect(message.includes('asked to wait 7 seconds')).toBe(Object.keys(expected).length > 0);
  });
});

test.for<[string, RegExp]>([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /make the function trust it/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /make the function trust it/],
  ['CERT_HAS_EXPIRED', /check the URL, the network path and the server's certificate/],
  ['ECONNREFUSED', /check the URL, the network path/],
])('without an answer, because of %s, the message says what to do', ([reason, remedy]) => {
  const failure = failureOf({ type: 'unreachable', reason });
  expect(failure).toMatchObject({ code: 'ENDPOINT_UNAVAILABLE', retryable: true, details: { reason } });
  expect(failure.message).toMatch(remedy);
});
