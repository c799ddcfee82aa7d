import { expect, test } from 'vitest';
import { isSendable, parseStored, type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';

const RECORD: StoredToken = {
  access_token: 'token',
  token_type: 'Bearer',
  issued_at: 1_800_000_000,
  expires_at: 1_800_003_600,
  source: sha256('source'),
};
const THIRTY_DAYS = 2_592_000;
const parse = (record: object) => parseStored(JSON.stringify(record), 7);

test.for<[string, object]>([
  ['without a scope', RECORD],
  ['with a scope', { ...RECORD, scope: 'read write' }],
  ['of one second', { ...RECORD, expires_at: RECORD.issued_at + 1 }],
  ['of the longest lifetime', { ...RECORD, expires_at: RECORD.issued_at + THIRTY_DAYS }],
])('a token %s is read as it was stored', ([, token]) => {
  expect(parse(token)).toStrictEqual({ state: 'token', version: 7, token });
});

test('fields that are not part of the record are left out', () => {
  expect(parse({ ...RECORD, extra: 1 })).toEqual({ state: 'token', version: 7, token: RECORD });
});

test.for<[string, object]>([
  ['no token', { access_token: undefined }],
  ['a token that is no text', { access_token: 5 }],
  ['an empty token', { access_token: '' }],
  ['a token with a line break', { access_token: 'a\nb' }],
  ['another type', { token_type: 'DPoP' }],
  ['an expiry that is text', { expires_at: '1800003600' }],
  ['an expiry with a fraction', { expires_at: 1_800_003_600.5 }],
  ['no expiry', { expires_at: undefined }],
  ['no time of issue', { issued_at: undefined }],
  ['a time of issue that is zero', { issued_at: 0, expires_at: 60 }],
  ['a negative time of issue', { issued_at: -60, expires_at: 60 }],
  ['an expiry when it was issued', { expires_at: RECORD.issued_at }],
  ['a lifetime of more than 30 days', { expires_at: RECORD.issued_at + THIRTY_DAYS + 1 }],
  ['a scope that is no text', { scope: ['read'] }],
])('a record with %s is unreadable', ([, fields]) => {
  expect(parse({ ...RECORD, ...fields })).toEqual({ state: 'unreadable', version: 7 });
});

test.for<[string, string, string]>([
  ['text', 'token', 'a value that is not a JSON object'],
  ['a list', '[]', 'a value that is not a JSON object'],
  ['another object', '{"access_token":"token"}', 'JSON of another kind'],
  ['a source that is no text', '{"source":5}', 'JSON of another kind'],
  ['a list of fingerprints', `{"source":["${sha256('s')}"]}`, 'JSON of another kind'],
  ['a source that only ends with a fingerprint', `{"source":"x${sha256('s')}"}`, 'JSON of another kind'],
  ['a source that only begins with one', `{"source":"${sha256('s')}0"}`, 'JSON of another kind'],
])('%s belongs to somebody else', ([, value, found]) => {
  expect(parseStored(value, 7)).toEqual({ state: 'foreign', version: 7, found, isSecureString: true });
});

test.for([
  ['!', true],
  ['~', true],
  ['a.b-c_d~e+f/g=', true],
  ['', false],
  [' a', false],
  ['a ', false],
  ['a b', false],
  ['a\n', false],
  ['ä', false],
  ['\u007f', false],
] as const)('a header can carry %j as a token: %s', ([token, sendable]) => {
  expect(isSendable(token)).toBe(sendable);
});

test('a fingerprint is the SHA-256 in hex', () => {
  // Source: https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values (SHA-256, "abc")
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test.for<[string, unknown, number | undefined]>([
  ['uses', 1_800_000_000, 1_800_000_000],
  ['uses', 1_800_001_800, 1_800_001_800],
  ['uses', 1_800_003_600, 1_800_003_600],
  ['ignores', 1_799_999_999, undefined],
  ['ignores', 1_800_003_601, undefined],
  ['ignores', 1_800_001_800.5, undefined],
  ['ignores', '1800001800', undefined],
  ['ignores', null, undefined],
])('%s the refresh_at %o of a record from 1800000000 to 1800003600', ([, refresh_at, used]) => {
  expect(parseStored(JSON.stringify({ ...RECORD, refresh_at }), 1)).toEqual({
    state: 'token',
    version: 1,
    token: { ...RECORD, ...(used === undefined ? {} : { refresh_at: used }) },
  });
});
