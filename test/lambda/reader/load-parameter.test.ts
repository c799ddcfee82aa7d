import { afterEach, expect, test, vi } from 'vitest';
import { failed, loadParameter } from '../../../lambda/reader/load-parameter.ts';
import type { Parameter } from '../../../lambda/reader/read-parameter.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';

afterEach(() => vi.unstubAllEnvs());

const NAME = '/a/b';
const RECORD = {
  ...{ access_token: 'token', token_type: 'Bearer', issued_at: 1, expires_at: 2 },
  source: sha256('source'),
};
const secure = (Value: string): Parameter => ({ Type: 'SecureString', Value });
const occupied = (found: string) =>
  `parameter /a/b holds ${found}, not a token record. Set parameterName to the refresher's parameter.`;

test('a load returns the token in the parameter that it reads', async () => {
  const read = vi.fn(async () => secure(JSON.stringify(RECORD)));
  expect(await loadParameter(read, NAME)).toStrictEqual({ type: 'token', token: RECORD });
  expect(read).toHaveBeenCalledExactlyOnceWith(NAME);
});

test.for<[string, Parameter, string, string]>([
  [
    'a token that is not encrypted',
    { Type: 'String', Value: JSON.stringify(RECORD) },
    'PARAMETER_OCCUPIED',
    occupied('a String instead of a SecureString'),
  ],
  ['no type', {}, 'PARAMETER_OCCUPIED', occupied('a value instead of a SecureString')],
  ['no value', { Type: 'SecureString' }, 'PARAMETER_OCCUPIED', occupied('a value that is not a JSON object')],
  ['other JSON', secure('{}'), 'PARAMETER_OCCUPIED', occupied('JSON of another kind')],
  [
    'a damaged record',
    secure(JSON.stringify({ ...RECORD, expires_at: 1 })),
    'RECORD_UNREADABLE',
    'parameter /a/b holds a damaged token record. The refresher replaces it at its next check. ' +
      'Find out what else writes to this parameter.',
  ],
])('a load says what it found instead of a token: %s', async ([, parameter, code, text]) => {
  const loaded = await loadParameter(async () => parameter, NAME);
  expect(loaded).toStrictEqual({ type: 'failure', failure: { code, text } });
});

const ACCESS =
  'Allow it with refresher.grantRead(fn). If another app deploys the refresher, also name the role in its readers.';
const ROLE = 'Give the function a role, or set AWS_PROFILE or the variables of credentials.';
const AGENT =
  "Try again later. If this lasts, check the container's role and the agent that serves its credentials.";
const LATER =
  'Try again later. If this lasts, find out what else reads from Parameter Store, or raise its throughput.';
const NETWORK =
  'Try again later. If this lasts, check the network path to Systems Manager: a VPC needs an endpoint for ssm.';
const CHECK = 'Check parameterName, the region and the credentials.';
const status = (httpStatusCode: number, more: object = {}) => ({ $metadata: { httpStatusCode, ...more } });

test.for<[string, object, string, string, string, ('throttled' | 'failing')?]>([
  [
    'AccessDeniedException',
    status(400),
    'ACCESS_DENIED',
    'AccessDeniedException (HTTP 400) "secret"',
    ACCESS,
  ],
  ['KMSAccessDenied', {}, 'ACCESS_DENIED', 'KMSAccessDenied', ACCESS],
  ['CredentialsProviderError', {}, 'ACCESS_DENIED', 'CredentialsProviderError', ROLE],
  [
    'ERR_INVALID_CHAR',
    {},
    'CONFIGURATION_INVALID',
    'ERR_INVALID_CHAR',
    'Remove line breaks from AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN.',
  ],
  ['TooManyRequestsException', {}, 'STORE_UNAVAILABLE', 'TooManyRequestsException', LATER, 'throttled'],
  ['Slow', status(429), 'STORE_UNAVAILABLE', 'Slow (HTTP 429)', LATER, 'throttled'],
  ['Odd', status(399), 'STORE_UNAVAILABLE', 'Odd (HTTP 399)', NETWORK, 'failing'],
  ['Odd', status(400), 'REQUEST_REJECTED', 'Odd (HTTP 400)', CHECK],
  ['Odd', status(499), 'REQUEST_REJECTED', 'Odd (HTTP 499)', CHECK],
  ['Odd', status(500), 'STORE_UNAVAILABLE', 'Odd (HTTP 500)', NETWORK, 'failing'],
  [
    'Odd',
    status(400, { clockSkewCorrected: true }),
    'STORE_UNAVAILABLE',
    'Odd (HTTP 400)',
    NETWORK,
    'failing',
  ],
  ['TimeoutError', {}, 'STORE_UNAVAILABLE', 'TimeoutError', NETWORK, 'failing'],
])(
  'a load says why the parameter could not be read, with the name of the error as the cause: %s %j',
  async ([name, fields, code, found, remedy, transient]) => {
    const error = Object.assign(new Error('secret'), { name, ...fields });
    const loaded = await loadParameter(() => Promise.reject(error), NAME);
    const { failure, ...others } = loaded as Extract<typeof loaded, { type: 'failure' }>;
    expect(others).toStrictEqual({ type: 'failure', ...(transient && { transient }) });
    expect(failure.code).toBe(code);
    expect(failure.text).toBe(`parameter /a/b could not be read: ${found}. ${remedy}`);
    expect(failure.cause).toMatchObject({ name, message: found });
    expect(failure.cause).not.toBe(error);
  },
);

test('a load says that the parameter does not exist, without a cause', async () => {
  const error = Object.assign(new Error('secret'), { name: 'ParameterNotFound', ...status(400) });
  expect(await loadParameter(() => Promise.reject(error), NAME)).toStrictEqual({
    type: 'failure',
    failure: {
      code: 'PARAMETER_NOT_FOUND',
      text:
        'parameter /a/b does not exist in this account and region. The refresher creates it with its first token. ' +
        "Check parameterName, and the refresher's last run.",
    },
  });
});

test.for([
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
])('a load in a container without credentials may succeed in a moment: %s', async (variable) => {
  vi.stubEnv(variable, 'the-source');
  const error = Object.assign(new Error('secret'), { name: 'CredentialsProviderError' });
  expect(await loadParameter(() => Promise.reject(error), NAME)).toMatchObject({
    ...{ type: 'failure', transient: 'failing' },
    failure: {
      code: 'STORE_UNAVAILABLE',
      text: `parameter /a/b could not be read: CredentialsProviderError. ${AGENT}`,
      cause: { name: 'CredentialsProviderError' },
    },
  });
});

test('a failed load has no cause if there is none', () => {
  expect(failed('ACCESS_DENIED', 'no')).toStrictEqual({
    type: 'failure',
    failure: { code: 'ACCESS_DENIED', text: 'no' },
  });
});
