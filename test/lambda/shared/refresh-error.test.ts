import { expect, test } from 'vitest';
import { codeOf, REFRESH_ERROR_CODES, RefreshError } from '../../../lambda/shared/refresh-error.ts';

/** Codes after which the next check may succeed without a change. */
const RETRYABLE: ReadonlySet<string> = new Set([
  'CREDENTIALS_UNAVAILABLE',
  'RATE_LIMITED',
  'ENDPOINT_UNAVAILABLE',
  'STORE_UNAVAILABLE',
]);

test.for(REFRESH_ERROR_CODES)('an error with the code %s carries it, and says whether to retry', (code) => {
  const error = new RefreshError(code, 'what failed', { status: 500 });
  expect(error).toMatchObject({ name: 'RefreshError', code, details: { status: 500 } });
  expect(error.message).toBe(`${code}: what failed`);
  expect(error.retryable).toBe(RETRYABLE.has(code));
  expect(codeOf(error.message)).toBe(code);
});

test.for(['no code', 'lower: x', 'AB: too short', `${'A'.repeat(41)}: too long`, 'x CODE: x', 'CODE:x', ''])(
  'the message "%s" has no code',
  (message) => {
    expect(codeOf(message)).toBe('UNEXPECTED');
  },
);

test('an error can name the time of the next request, and stays the same otherwise', () => {
  const error = new RefreshError('RATE_LIMITED', 'what failed', { status: 429 });
  const later = error.until(1_800_000_000_000);
  expect(later).toBeInstanceOf(RefreshError);
  expect({ ...later, message: later.message }).toEqual({
    ...error,
    message: 'RATE_LIMITED: what failed',
    details: { status: 429, notBefore: 1_800_000_000_000 },
  });
  expect(error.until(undefined)).toBe(error);
});
