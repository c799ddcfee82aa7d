import { expect, test, vi } from 'vitest';
import type { Invocation } from '../../../lambda/reader/invoke-directly.ts';
import { reportRejected } from '../../../lambda/reader/report-rejected.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';

const answered = (payload: string, functionError?: string) => async (): Promise<Invocation> => ({
  functionError,
  payload,
});

test('a report sends the SHA-256 of the token', async () => {
  const invoke = vi.fn(answered('{}'));
  await reportRejected(invoke, 'refresher', 'token');
  expect(invoke).toHaveBeenCalledExactlyOnceWith('refresher', JSON.stringify({ rejected: sha256('token') }));
});

test.for<[string, 'expected' | 'none']>([
  ['{"outcome":"kept","reason":"just-minted"}', 'none'],
  ['{"outcome":"kept","reason":"same-token"}', 'none'],
  ['{"outcome":"kept","reason":"being-replaced"}', 'expected'],
  ['{"outcome":"minted","reason":"rejected"}', 'expected'],
  ['null', 'expected'],
  ['no JSON', 'expected'],
])('a report that the refresher answers with %s: another token is %s', async ([payload, replacement]) => {
  const reported = await reportRejected(answered(payload), 'refresher', 'token');
  expect(reported).toStrictEqual({ type: 'answered', replacement });
});

test.for<[string, string]>([
  ['{"errorMessage":"RATE_LIMITED: secret"}', 'RATE_LIMITED'],
  ['{"errorMessage":"secret"}', 'UNEXPECTED'],
  ['no JSON', 'UNEXPECTED'],
])('a report whose run failed with %s says: %s', async ([payload, code]) => {
  expect(await reportRejected(answered(payload, 'Unhandled'), 'refresher', 'token')).toStrictEqual({
    ...{ type: 'failed', replacement: 'expected' },
    failure: {
      code: 'REPORT_FAILED',
      text: `refresher failed with ${code} after a rejected token was reported. See its log.`,
    },
  });
});

test.for<[string, string, 'expected' | 'none', string]>([
  [
    'AccessDeniedException',
    'AccessDeniedException "not allowed"',
    'none',
    'Allow it with refresher.grantReport(fn).',
  ],
  ['ResourceNotFoundException', 'ResourceNotFoundException', 'none', 'Correct refresherFunctionName.'],
  ['TimeoutError', 'TimeoutError', 'expected', 'The reader reports the token again after its next 401.'],
])('a report that fails with %s names it as the cause', async ([name, found, replacement, remedy]) => {
  const error = Object.assign(new Error('not allowed'), { name });
  const reported = await reportRejected(() => Promise.reject(error), 'refresher', 'token');
  const { failure, ...others } = reported as Extract<typeof reported, { type: 'failed' }>;
  expect(others).toStrictEqual({ type: 'failed', replacement });
  expect(failure.code).toBe('REPORT_FAILED');
  expect(failure.text).toBe(`a rejected token could not be reported to refresher: ${found}. ${remedy}`);
  expect(failure.cause).toMatchObject({ name, message: found });
  expect(failure.cause).not.toBe(error);
});
