import { expect, test } from 'vitest';
import { TokenUnavailableError } from '../../../lambda/reader/token-unavailable-error.ts';

const CODE = 'STORE_UNAVAILABLE';

test('a failure shows its code, what happened, and its cause', () => {
  const cause = new Error('the cause');
  const failure = new TokenUnavailableError({ code: CODE, text: 'the text.', cause });
  expect(failure).toMatchObject({ name: 'TokenUnavailableError', message: `${CODE}: the text.`, code: CODE });
  expect(failure.cause).toBe(cause);
});

test('a failure without a cause shows none', () => {
  expect(new TokenUnavailableError({ code: CODE, text: '' })).not.toHaveProperty('cause');
});

test.for([
  ['CONFIGURATION_INVALID', false],
  ['PARAMETER_NOT_FOUND', true],
  ['PARAMETER_OCCUPIED', false],
  ['RECORD_UNREADABLE', true],
  ['ACCESS_DENIED', false],
  ['REQUEST_REJECTED', false],
  ['STORE_UNAVAILABLE', true],
  ['TOKEN_EXPIRED', true],
  ['VALIDITY_TOO_SHORT', true],
  ['REPORT_FAILED', true],
] as const)('after %s, the same call may succeed later without a change: %s', ([code, retryable]) => {
  expect(new TokenUnavailableError({ code, text: '' }).retryable).toBe(retryable);
});
