import { describe, expect, test } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';

const REQUIRED = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const read = (entry: object, more: object = {}) =>
  readSettings({ refreshers: { app: { ...REQUIRED, ...entry } }, ...more });

describe('settings', () => {
  test('of cdk.json can be used', () => {
    expect(readSettings(cdkJson.context).size).toBeGreaterThan(0);
  });

  test('default to a check every 5 minutes and a refresh 30 minutes before expiry', () => {
    const settings = read({}).get('app');
    expect([settings?.checkEvery.toIsoString(), settings?.refreshBefore.toIsoString()]).toEqual([
      'PT5M',
      'PT30M',
    ]);
  });

  test.for<[string, string, (settings: ReturnType<typeof read>) => unknown, unknown]>([
    [
      'tokenUrl',
      'https://other.example.com/t',
      (settings) => settings.get('app')?.tokenUrl,
      'https://other.example.com/t',
    ],
    ['parameterName', '/other', (settings) => settings.get('app')?.parameterName, '/other'],
    ['credentials', 'my/secret', (settings) => settings.get('app')?.credentials, 'my/secret'],
    ['scope', 'a b', (settings) => settings.get('app')?.scope, 'a b'],
    [
      'extraParameters',
      '{"audience":"x"}',
      (settings) => settings.get('app')?.extraParameters,
      { audience: 'x' },
    ],
    [
      'clientAuthentication',
      'client_secret_basic',
      (settings) => settings.get('app')?.clientAuthentication,
      'client_secret_basic',
    ],
    ['checkEvery', 'PT10M', (settings) => settings.get('app')?.checkEvery.toMinutes(), 10],
    ['refreshBefore', 'PT45M', (settings) => settings.get('app')?.refreshBefore.toMinutes(), 45],
    [
      'encryptionKey',
      'arn:aws:kms:us-east-1:000000000000:key/k',
      (settings) => settings.get('app')?.encryptionKey,
      'arn:aws:kms:us-east-1:000000000000:key/k',
    ],
  ])('take %s from the command line', ([key, value, pick, expected]) => {
    expect(pick(read({}, { [`app.${key}`]: value }))).toEqual(expected);
  });

  test.for<[string, object, RegExp]>([
    ['an unknown key', { tokenURL: 'x' }, /app\.tokenURL: unknown; allowed are tokenUrl, parameterName/],
    ['a missing URL', { tokenUrl: undefined }, /app\.tokenUrl: .*got nothing/],
    [
      'an http: URL',
      { tokenUrl: 'http://a.example.com' },
      /app\.tokenUrl: only https: is allowed .*got "http:\/\/a/,
    ],
    ['a relative parameter name', { parameterName: 'token' }, /app\.parameterName: it must begin with "\/"/],
    ['a reserved parameter name', { parameterName: '/aws/token' }, /app\.parameterName: AWS reserves/],
    ['an empty level', { parameterName: '/a//b' }, /app\.parameterName: a level of its path is empty/],
    ['a parameter name with a star', { parameterName: '/a/*' }, /app\.parameterName/],
    ['16 levels', { parameterName: '/a'.repeat(16) }, /app\.parameterName: .*15 levels/],
    [
      'a number of minutes',
      { checkEvery: '5' },
      /app\.checkEvery: must be an ISO 8601 duration such as PT5M; got "5"/,
    ],
    ['seconds', { checkEvery: 'PT90S' }, /app\.checkEvery: it must be whole minutes/],
    [
      'a check every 0 minutes',
      { checkEvery: 'PT0M' },
      /app\.checkEvery: it must be whole minutes, from PT1M/,
    ],
    [
      'a check too seldom',
      { checkEvery: 'PT30M' },
      /app\.refreshBefore: a token may expire.*checkEvery PT30M and refreshBefore PT30M/,
    ],
    ['a reserved form field', { extraParameters: { grant_type: 'x' } }, /app\.extraParameters: "grant_type"/],
    [
      'an unknown method',
      { clientAuthentication: 'none' },
      /app\.clientAuthentication: .*client_secret_post/,
    ],
    [
      'a key that is no ARN',
      { encryptionKey: 'alias/x' },
      /app\.encryptionKey: must be the ARN of a KMS key/,
    ],
  ])('refuse %s by name', ([, entry, message]) => {
    expect(() => read(entry)).toThrow(message);
  });

  test('refuse an override for a refresher that is not there', () => {
    expect(() => read({}, { 'ap.tokenUrl': 'https://x.example.com' })).toThrow(
      /ap\.tokenUrl: there is no refresher "ap"/,
    );
  });

  test('refuse an override with both names mistyped', () => {
    expect(() => read({}, { 'ap.toknUrl': 'https://x.example.com' })).toThrow(/there is no refresher "ap"/);
  });

  test('do not repeat credentials that were given in place of a secret', () => {
    const credentials = '{"client_id":"id","client_secret":"hunter2"}';
    expect(() => read({ credentials })).toThrow(/app\.credentials: it must be the name of a secret/);
    expect(() => read({ credentials })).not.toThrow(/hunter2/);
  });

  test('leave the context of others alone', () => {
    const others = { '@aws-cdk/core:x': true, 'hosted-zone:domainName=a.example.com': {}, cli: {} };
    expect(read({}, others).size).toBe(1);
  });

  test('refuse two refreshers with one parameter', () => {
    const act = () => readSettings({ refreshers: { a: REQUIRED, b: REQUIRED } });
    expect(act).toThrow(/b\.parameterName: "\/app\/token" is already the parameter of a/);
  });

  test('refuse an empty configuration', () => {
    expect(() => readSettings({})).toThrow(/context\.refreshers must map at least one name/);
  });
});
