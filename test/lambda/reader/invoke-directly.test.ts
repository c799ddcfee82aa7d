import { expect, test } from 'vitest';
import { INVOKE_LIMITS, invokeDirectly } from '../../../lambda/reader/invoke-directly.ts';
import type { DirectEndpoint } from '../../../lambda/shared/direct-endpoint.ts';
import type { DirectRequest, DirectSender } from '../../../lambda/shared/direct-sender.ts';

const endpoint = { service: 'lambda' } as DirectEndpoint;
const failure = (fields: object) => Object.assign(new Error(), fields);
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

/** Invokes a function with a sender that takes a second or longer, and fails with these errors, one after the other. */
async function invokeWithFailures(failures: readonly Error[], milliseconds = 1_000) {
  const remaining = [...failures];
  const requests: DirectRequest[] = [];
  const waits: number[] = [];
  let now = 0;
  const send: DirectSender = async (_endpoint, request) => {
    requests.push(request);
    now += milliseconds;
    const next = remaining.shift();
    if (next !== undefined) throw next;
    return { status: 200, headers: {}, text: '{}' };
  };
  const sleep = async (milliseconds: number) => {
    waits.push(milliseconds);
    now += milliseconds;
  };
  const invoke = invokeDirectly(send, endpoint, { now: () => now, random: () => 1, sleep });
  const outcome = await invoke('arn:aws:lambda:eu-west-1:1:function:f', '{"rejected":"…"}').then(
    () => 'answered',
    (error: unknown) => error,
  );
  return { outcome, requests, waits };
}

const passing: [string, object][] = [
  ['status 500', status(500)],
  ['status 502', status(502)],
  ['status 503', status(503)],
  ['status 504', status(504)],
  ['a time limit', { name: 'TimeoutError' }],
  ['a time limit of Lambda', { name: 'RequestTimeout' }],
  ['another time limit of Lambda', { name: 'RequestTimeoutException' }],
  ['a clock that is now right', { $metadata: { httpStatusCode: 403, clockSkewCorrected: true } }],
  ...[
    'ECONNRESET',
    'ECONNREFUSED',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ].map((code): [string, object] => [code, { code }]),
];

test.for(passing)('an invocation is sent again after %s', async ([, fields]) => {
  const { outcome, requests, waits } = await invokeWithFailures([failure(fields), failure(fields)]);
  expect(outcome).toBe('answered');
  expect(requests).toHaveLength(3);
  expect(waits).toEqual([100, 200]);
});

test.for<[string, object]>([
  ['a throttled call', { name: 'ThrottlingException' }],
  ['too many requests', { name: 'TooManyRequestsException' }],
  ['status 429', status(429)],
])('an invocation waits longer after %s', async ([, fields]) => {
  expect((await invokeWithFailures([failure(fields), failure(fields)])).waits).toEqual([500, 1_000]);
});

test.for<[string, object]>([
  ['denied access', { name: 'AccessDeniedException', ...status(403) }],
  ['status 501', status(501)],
  ['a clock that was right', { $metadata: { httpStatusCode: 403, clockSkewCorrected: false } }],
  ['a certificate that nobody trusts', { code: 'CERT_HAS_EXPIRED' }],
  ['a code with another start', { code: 'XECONNRESET' }],
  ['a code with another end', { code: 'ECONNRESETX' }],
  ['a name with another start', { name: 'XTimeoutError' }],
  ['a name with another end', { name: 'TimeoutErrorX' }],
  ['an error without fields', {}],
])('an invocation is not sent again after %s', async ([, fields]) => {
  const { outcome, requests } = await invokeWithFailures([failure(fields)]);
  expect(outcome).toMatchObject(fields);
  expect(requests).toHaveLength(1);
});

test('an invocation is sent at most three times, and fails with the last error', async () => {
  const failures = [1, 2, 3].map((number) => failure({ ...status(500), number }));
  const { outcome, requests } = await invokeWithFailures(failures);
  expect(outcome).toMatchObject({ number: 3 });
  expect(requests).toHaveLength(3);
});

test('all attempts of an invocation share one time limit', async () => {
  const { requests } = await invokeWithFailures([failure(status(500)), failure(status(500))]);
  const { connect, answer } = INVOKE_LIMITS;
  expect(requests.map(({ limits }) => limits)).toEqual([
    { connect, answer },
    { connect, answer: answer - 1_100 },
    { connect, answer: answer - 2_300 },
  ]);
});

test.for([
  ['is sent again if the wait ends before the time limit', 101, 2],
  ['is not sent again if the wait ends at the time limit', 100, 1],
  ['is not sent again after its time limit', 0, 1],
  ['is not sent again if the clock was set back', INVOKE_LIMITS.answer + 600_000, 1],
] as const)('an invocation %s', async ([, left, sent]) => {
  const { requests } = await invokeWithFailures([failure(status(500))], INVOKE_LIMITS.answer - left);
  expect(requests).toHaveLength(sent);
});

test('the ARN of a function is part of the path, in its encoded form', async () => {
  const { requests } = await invokeWithFailures([]);
  expect(requests[0]?.path).toBe(
    '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A1%3Afunction%3Af/invocations',
  );
});
