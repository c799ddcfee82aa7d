import { expect, test } from 'vitest';
import {
  describeAwsFailure,
  isAccessDenied,
  isThrottled,
  isWithoutCredentials,
} from '../../../lambda/shared/aws-failure.ts';

const error = (name: string, more: object = {}) =>
  Object.assign(new Error('the message of the test'), { name }, more);
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

test.for<[string, unknown, string, string]>([
  ['an AWS error', error('ValidationException'), 'ValidationException', 'ValidationException'],
  ['its status', error('InternalError', status(500)), 'InternalError', 'InternalError (HTTP 500)'],
  ['metadata without a status', error('Timeout', { $metadata: {} }), 'Timeout', 'Timeout'],
  ['a code of the network', error('Error', { code: 'ECONNREFUSED' }), 'ECONNREFUSED', 'ECONNREFUSED'],
  ['a code of TLS', error('Error', { code: 'CERT_HAS_EXPIRED' }), 'CERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED'],
  ['a code of a named error', error('TimeoutError', { code: 'ETIMEDOUT' }), 'ETIMEDOUT', 'ETIMEDOUT'],
  ['a named error with another code', error('AbortError', { code: 'ABORT_ERR' }), 'AbortError', 'AbortError'],
  ['a code that is no text', error('Error', { code: 20 }), 'Error', 'Error'],
  ['a code with other characters', error('Error', { code: 'E secret' }), 'Error', 'Error'],
  ['text before a code', error('Error', { code: 'secret ECONNRESET' }), 'Error', 'Error'],
  ['text after a code', error('Error', { code: 'ECONNRESET secret' }), 'Error', 'Error'],
  ['text before a code of a named error', error('A', { code: 'secret EPIPE' }), 'A', 'A'],
  ['text after a code of a named error', error('A', { code: 'EPIPE secret' }), 'A', 'A'],
  ['a name with other characters', error('the secret'), 'UnknownError', 'UnknownError'],
  ['a name that is too long', error('x'.repeat(81)), 'UnknownError', 'UnknownError'],
  ['no error', 'the secret', 'UnknownError', 'an unknown error'],
  ['nothing', undefined, 'UnknownError', 'an unknown error'],
])('%s is described by what is safe to log', ([, thrown, name, text]) => {
  expect(describeAwsFailure(thrown)).toEqual({ name, text });
});

test.for([
  'AccessDeniedException',
  'InvalidKeyId',
  'KMSAccessDeniedException',
  'KMSInvalidStateException',
  'ThrottlingException',
])('the message of %s is shown, because it holds only ARNs and actions', (name) => {
  const shown = describeAwsFailure(error(name, status(400))).text;
  expect(shown).toBe(`${name} (HTTP 400) "the message of the test"`);
});

test('a message is shown up to 600 characters', () => {
  const long = Object.assign(new Error('m'.repeat(601)), { name: 'InvalidKeyId' });
  expect(describeAwsFailure(long).text).toBe(`InvalidKeyId "${'m'.repeat(600)}"`);
});

test('an untrusted certificate is explained', () => {
  const found = describeAwsFailure(error('Error', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }));
  expect(found.name).toBe('SELF_SIGNED_CERT_IN_CHAIN');
  expect(found.text).toMatch(/^SELF_SIGNED_CERT_IN_CHAIN \(.*NODE_EXTRA_CA_CERTS\)$/);
});

test.for([
  ['AccessDeniedException', true],
  ['KMSAccessDeniedException', true],
  ['AccessDenied', true],
  ['CredentialsProviderError', false],
  ['ThrottlingException', false],
] as const)('%s means that access is denied: %s', ([name, denied]) => {
  expect(isAccessDenied(name)).toBe(denied);
});

test.for([
  ['ThrottlingException', true],
  ['Throttling', true],
  ['TooManyRequestsException', true],
  ['TooManyUpdates', false],
  ['TimeoutError', false],
] as const)('%s means that AWS throttles: %s', ([name, throttled]) => {
  expect(isThrottled(name)).toBe(throttled);
});

test.for([
  ['CredentialsProviderError', true],
  ['TokenProviderError', true],
  ['ProviderError', true],
  ['NoCredentialsProviderError', false],
  ['CredentialsProviderErrors', false],
  ['AccessDeniedException', false],
] as const)('%s means that there are no credentials: %s', ([name, without]) => {
  expect(isWithoutCredentials(name)).toBe(without);
});
