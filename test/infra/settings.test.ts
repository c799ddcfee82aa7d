import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { confidential, countLeaks } from '../support/confidential.ts';

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
    [
      'readers',
      'arn:aws:iam::111111111111:role/a arn:aws:iam::111111111111:user/b',
      (settings) => settings.get('app')?.readers,
      ['arn:aws:iam::111111111111:role/a', 'arn:aws:iam::111111111111:user/b'],
    ],
    [
      'notificationEmail',
      'on-call@example.com',
      (settings) => settings.get('app')?.notificationEmail,
      'on-call@example.com',
    ],
    [
      'notificationTopic',
      'arn:aws:sns:us-east-1:000000000000:on-call',
      (settings) => settings.get('app')?.notificationTopic,
      'arn:aws:sns:us-east-1:000000000000:on-call',
    ],
    ['dashboard', 'false', (settings) => settings.get('app')?.dashboard, false],
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
    [
      'readers that are none',
      { readers: ['travel'] },
      /app\.readers\.0: it must be the ARN of an IAM role or user/,
    ],
    [
      "readers of somebody else's key",
      { readers: ['*'], encryptionKey: 'arn:aws:kms:us-east-1:000000000000:key/k' },
      /app\.readers: .*that key's policy decides/,
    ],
    ['an empty scope', { scope: '' }, /app\.scope: it must be words .*got ""/],
    [
      'a quoted scope',
      { scope: '"bookings"' },
      /app\.scope: it must be words of printable ASCII without quotes/,
    ],
    ['two spaces in a scope', { scope: 'bookings  trips' }, /app\.scope: .*one space between two/],
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
    [
      'an address that is none',
      { notificationEmail: 'on-call' },
      /app\.notificationEmail: must be an e-mail address; got "on-call"/,
    ],
    [
      'a topic that is no ARN',
      { notificationTopic: 'on-call' },
      /app\.notificationTopic: must be the ARN of an SNS topic/,
    ],
    [
      'an address beside a topic',
      { notificationEmail: 'a@example.com', notificationTopic: 'arn:aws:sns:us-east-1:000000000000:t' },
      /app\.notificationEmail: cannot stand beside notificationTopic/,
    ],
    ['a dashboard that is neither', { dashboard: 'yes' }, /app\.dashboard: must be true or false; got "yes"/],
  ])('refuse %s by name', ([, entry, message]) => {
    expect(() => read(entry)).toThrow(message);
  });

  test.for<[string, (secret: string) => object]>([
    ['credentials as an object', (secret) => ({ credentials: { client_id: 'id', client_secret: secret } })],
    ['credentials as JSON', (secret) => ({ credentials: JSON.stringify({ client_secret: secret }) })],
    [
      'a client_secret among the extra parameters',
      (secret) => ({ extraParameters: { client_secret: secret } }),
    ],
    ['extra parameters that are no object', (secret) => ({ extraParameters: secret })],
    ['a password in the URL', (secret) => ({ tokenUrl: `https://user:${secret}@auth.example.com` })],
    ['a password in what is no URL', (secret) => ({ tokenUrl: `user:${secret}@auth.example.com` })],
    ['a setting of their own', (secret) => ({ clientSecret: secret })],
  ])('refuse %s without showing it', ([, entry]) => {
    const secret = confidential(`mistaken-${randomUUID()}`);
    let message = '';
    try {
      read(entry(secret));
    } catch (error) {
      message = inspect(error);
    }
    expect(message).toContain('cannot be used');
    expect(countLeaks([secret], message)).toBe(0);
  });

  test.for([
    'app/credentials',
    'arn:aws:secretsmanager:us-east-1:111111111111:secret:app/credentials-AbCdEf',
  ])('take %s for the name of a secret', (credentials) => {
    expect(read({ credentials }).get('app')?.credentials).toBe(credentials);
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

  test("refuse a parameter that is another refresher's claim", () => {
    const claim = { ...REQUIRED, parameterName: `${REQUIRED.parameterName}.claim` };
    for (const refreshers of [
      { a: REQUIRED, b: claim },
      { b: claim, a: REQUIRED },
    ])
      expect(() => readSettings({ refreshers })).toThrow(
        /b\.parameterName: .* is where a notes who replaces/,
      );
  });

  test('refuse an empty configuration', () => {
    expect(() => readSettings({})).toThrow(/context\.refreshers must map at least one name/);
  });
});
