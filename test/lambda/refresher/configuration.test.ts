import { expect, test } from 'vitest';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';

const GOOD = {
  TOKEN_URL: 'https://auth.example.com/token',
  CREDENTIALS_SECRET_ID: 'secret',
  TOKEN_PARAMETER_NAME: '/a/b',
  TOKEN_PARAMETER_KEY_ID: 'alias/k',
  CHECK_EVERY_SECONDS: '300',
  REFRESH_BEFORE_SECONDS: '1800',
};

test('reads the required variables and applies the defaults', () => {
  expect(readConfiguration(GOOD)).toEqual({
    tokenUrl: 'https://auth.example.com/token',
    credentialsSecretId: 'secret',
    credentialFields: { client_id: 'client_id', client_secret: 'client_secret' },
    parameterName: '/a/b',
    parameterKeyId: 'alias/k',
    parameterTier: 'Intelligent-Tiering',
    parameterTags: {},
    scope: undefined,
    extraParameters: {},
    clientAuthentication: 'client_secret_post',
    defaultLifetime: undefined,
    revokesFormerToken: false,
    checkEvery: 300,
    refreshBefore: 1800,
  });
});

test.for([
  ['true', true],
  ['false', false],
  ['', false],
] as const)('reads REVOKES_FORMER_TOKEN: %j is %j', ([value, revokes]) => {
  expect(readConfiguration({ ...GOOD, REVOKES_FORMER_TOKEN: value }).revokesFormerToken).toBe(revokes);
});

test.for(Object.keys(GOOD))('names %s if it is missing', (name) => {
  expect(() => readConfiguration({ ...GOOD, [name]: undefined })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(name) }),
  );
});

test.for<[string, string]>([
  ['TOKEN_URL', 'not a url'],
  ['TOKEN_URL', 'http://auth.example.com/token'],
  ['TOKEN_URL', 'http://127.0.0.1.example.com/token'],
  ['TOKEN_URL', 'https://user:password@auth.example.com/token'],
  ['TOKEN_URL', 'ftp://auth.example.com/token'],
  ['CHECK_EVERY_SECONDS', '0'],
  ['CHECK_EVERY_SECONDS', '5m'],
  ['REFRESH_BEFORE_SECONDS', '1.5'],
  ['DEFAULT_LIFETIME_SECONDS', 'PT2H'],
  ['DEFAULT_LIFETIME_SECONDS', '0'],
  ['REVOKES_FORMER_TOKEN', 'yes'],
  ['CLIENT_AUTHENTICATION', 'private_key_jwt'],
  ['TOKEN_PARAMETER_TIER', 'Standard'],
  ['CREDENTIAL_FIELDS', 'consumerKey'],
  ['CREDENTIAL_FIELDS', '["consumerKey"]'],
  ['CREDENTIAL_FIELDS', '{}'],
  ['CREDENTIAL_FIELDS', '{"clientId": "consumerKey"}'],
  ['CREDENTIAL_FIELDS', '{"client_id": 1}'],
  ['CREDENTIAL_FIELDS', '{"client_id": ""}'],
  ['CREDENTIAL_FIELDS', '{"client_id": "consumerKey "}'],
  ['CREDENTIAL_FIELDS', `{"client_id": "${'a'.repeat(129)}"}`],
  ['CREDENTIAL_FIELDS', '{"client_id": "client_secret"}'],
  ['TOKEN_EXTRA_PARAMETERS', 'audience=x'],
  ['TOKEN_EXTRA_PARAMETERS', '["x"]'],
  ['TOKEN_EXTRA_PARAMETERS', '{"audience": 1}'],
  ['TOKEN_EXTRA_PARAMETERS', '{"client_secret": "x"}'],
  ['TOKEN_PARAMETER_TAGS', 'team=travel'],
  ['TOKEN_PARAMETER_TAGS', '{"team": 1}'],
])('refuses %s=%s', ([name, value]) => {
  expect(() => readConfiguration({ ...GOOD, [name]: value })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(name) }),
  );
});

test.for([
  ['{"client_id": "key"}', { client_id: 'key', client_secret: 'client_secret' }],
  ['{"client_secret": "a b"}', { client_id: 'client_id', client_secret: 'a b' }],
  ['', { client_id: 'client_id', client_secret: 'client_secret' }],
] as const)(
  'takes the names of the fields that CREDENTIAL_FIELDS=%s does not name from the defaults',
  ([value, fields]) => {
    expect(readConfiguration({ ...GOOD, CREDENTIAL_FIELDS: value }).credentialFields).toEqual(fields);
  },
);

test('shows no value of CREDENTIAL_FIELDS, which may be a secret by mistake', () => {
  const value = '{"client_id": "hunter1 ", "hunter2": "hunter3"}';
  expect(() => readConfiguration({ ...GOOD, CREDENTIAL_FIELDS: value })).toThrow(/^((?!hunter).)*$/);
});

test.for(['http://localhost:1/t', 'http://127.0.0.1:1/t', 'http://[::1]:1/t'])(
  'accepts plain http for a loopback host: %s',
  (url) => {
    expect(readConfiguration({ ...GOOD, TOKEN_URL: url }).tokenUrl).toBe(url);
  },
);

test('reads every optional variable', () => {
  const optional = {
    CREDENTIAL_FIELDS: '{"client_id": "key"}',
    TOKEN_PARAMETER_TIER: 'Advanced',
    TOKEN_PARAMETER_TAGS: '{"team": "travel"}',
    TOKEN_SCOPE: 'read write',
    TOKEN_EXTRA_PARAMETERS: '{"audience": "x"}',
    CLIENT_AUTHENTICATION: 'client_secret_basic',
    DEFAULT_LIFETIME_SECONDS: '9999999',
  };
  expect(readConfiguration({ ...GOOD, ...optional })).toMatchObject({
    credentialFields: { client_id: 'key', client_secret: 'client_secret' },
    parameterTier: 'Advanced',
    parameterTags: { team: 'travel' },
    scope: 'read write',
    extraParameters: { audience: 'x' },
    clientAuthentication: 'client_secret_basic',
    defaultLifetime: 9_999_999,
  });
  const empty = Object.fromEntries(Object.keys(optional).map((name) => [name, '']));
  expect(readConfiguration({ ...GOOD, ...empty })).toEqual(readConfiguration(GOOD));
});

test.for<[string, string, string]>([
  ['TOKEN_PARAMETER_NAME', ' \t', 'is not set'],
  ['TOKEN_PARAMETER_NAME', '', 'is not set'],
  ['TOKEN_URL', 'x', 'is not a usable token endpoint: it is not an absolute URL'],
  ['TOKEN_PARAMETER_TIER', 'x', 'is "x". It must be one of Intelligent-Tiering, Advanced'],
  [
    'CHECK_EVERY_SECONDS',
    '10000000',
    'is "10000000". It must be a whole number of seconds from 1 to 9999999',
  ],
  ['CHECK_EVERY_SECONDS', '05', 'It must be a whole number of seconds'],
  ['CHECK_EVERY_SECONDS', ' 5', 'It must be a whole number of seconds'],
  ['CHECK_EVERY_SECONDS', '5 ', 'It must be a whole number of seconds'],
  ['CREDENTIAL_FIELDS', '[]', 'cannot be used: it must be a JSON object'],
  ['CREDENTIAL_FIELDS', '{}', 'cannot be used: it must map'],
  ['TOKEN_EXTRA_PARAMETERS', '[]', 'is not a JSON object of strings'],
  ['TOKEN_EXTRA_PARAMETERS', '{"a": 1}', 'contains "a", which is not a string'],
  ['TOKEN_EXTRA_PARAMETERS', '{"scope": "x"}', 'contains "scope", which the refresher sets itself'],
])('says what is wrong with %s=%j', ([name, value, what]) => {
  const act = () => readConfiguration({ ...GOOD, [name]: value });
  expect(act).toThrow(what);
  expect(act).toThrow(new RegExp(`^CONFIGURATION_INVALID: environment variable ${name} .* deploy again`));
});

test.for(['client_id', 'client_secret', 'client_assertion', 'client_assertion_type', 'grant_type', 'scope'])(
  'an extra parameter cannot be %s, because the refresher sets it itself',
  (field) => {
    const parameters = JSON.stringify({ [field]: 'x' });
    expect(() => readConfiguration({ ...GOOD, TOKEN_EXTRA_PARAMETERS: parameters })).toThrow();
  },
);
