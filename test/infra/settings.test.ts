import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { SettingsError } from '../../infra/settings-error.ts';
import { confidential, countLeaks } from '../support/confidential.ts';
import { REQUIRED, WRONG_SETTINGS } from './wrong-settings.ts';

const ROLE = 'arn:aws:iam::111111111111:role/teams/travel/refresher';
const VPC = 'vpc-0123456789abcdef0';
const SUBNET = 'subnet-0123456789abcdef0';
const GROUP = 'sg-0123456789abcdef0';
const read = (entry: object, more: object = {}) =>
  readSettings({ refreshers: { app: { ...REQUIRED, ...entry } }, ...more });

/** The lines of the error. */
const problemsOf = (act: () => unknown): string[] => {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split('\n');
    throw error;
  }
  return [];
};

describe('settings', () => {
  test('of cdk.json are valid', () => {
    expect(readSettings(cdkJson.context).size).toBeGreaterThan(0);
  });

  test('of cdk.json let the IAM policies of the account decide who reads the token', () => {
    for (const { readers } of readSettings(cdkJson.context).values()) expect(readers).toEqual(['*']);
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
      'credentialFields',
      '{"client_secret":"pass"}',
      (settings) => settings.get('app')?.credentialFields,
      { client_secret: 'pass' },
    ],
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
    ['defaultLifetime', 'PT2H', (settings) => settings.get('app')?.defaultLifetime?.toHours(), 2],
    ['revokesFormerToken', 'true', (settings) => settings.get('app')?.revokesFormerToken, true],
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
    [
      'environment',
      '{"NO_PROXY":".amazonaws.com"}',
      (settings) => settings.get('app')?.environment,
      { NO_PROXY: '.amazonaws.com' },
    ],
    [
      'layers',
      'arn:aws:lambda:us-east-1:111111111111:layer:ca:1 arn:aws-cn:lambda:cn-north-1:111111111111:layer:b_2:34',
      (settings) => settings.get('app')?.layers,
      [
        'arn:aws:lambda:us-east-1:111111111111:layer:ca:1',
        'arn:aws-cn:lambda:cn-north-1:111111111111:layer:b_2:34',
      ],
    ],
    ['dashboard', 'false', (settings) => settings.get('app')?.dashboard, false],
    ['architecture', 'x86_64', (settings) => settings.get('app')?.architecture.name, 'x86_64'],
    ['role', ROLE, (settings) => settings.get('app')?.role, ROLE],
    ['tags', '{"team":"travel"}', (settings) => settings.get('app')?.tags, { team: 'travel' }],
    ['logRetention', '90', (settings) => settings.get('app')?.logRetention, 90],
  ])('accept %s on the command line', ([key, value, pick, expected]) => {
    expect(pick(read({}, { [`app.${key}`]: value }))).toEqual(expected);
  });

  test('accept a VPC on the command line', () => {
    const settings = read(
      {},
      { 'app.vpc': VPC, 'app.vpcSubnets': `${SUBNET} subnet-12345678`, 'app.securityGroups': GROUP },
    ).get('app');
    expect([settings?.vpc, settings?.vpcSubnets, settings?.securityGroups]).toEqual([
      VPC,
      [SUBNET, 'subnet-12345678'],
      [GROUP],
    ]);
  });

  test.for(WRONG_SETTINGS)('refuse %s in one line that says what is allowed', ([, entry, , line]) => {
    expect(problemsOf(() => read(entry))).toEqual([line]);
  });

  test('have no problem line with the wording of a library', () => {
    const lines = WRONG_SETTINGS.map(([, , , line]) => line).join('\n');
    expect(lines).not.toMatch(/Invalid|expected|received|Unrecognized|Too (big|small)/);
  });

  test('report all problems of all refreshers at once', () => {
    const act = () =>
      readSettings({
        refreshers: {
          app: { ...REQUIRED, checkEvery: 5, vpc: VPC, readers: ['travel', 'sales'] },
          'my app': { tokenUrl: REQUIRED.tokenUrl },
          text: 'https://auth.example.com/token',
        },
        'app.dashboard': 'no',
        'ap.scope': 'bookings',
        '@aws-cdk/core:permissionsBoundary': 'developers',
      });
    expect(problemsOf(act)).toEqual([
      'context.refreshers: found "my app"; a name must begin with a letter and have at most 64 letters, digits and hyphens',
      'app.checkEvery: found 5; it must be an ISO 8601 duration in quotes, for example "PT5M" for five minutes',
      'app.readers[0]: found "travel"; it must be the ARN of an IAM role or user, or "*"',
      'app.readers[1]: found "sales"; it must be the ARN of an IAM role or user, or "*"',
      'app.dashboard: found "no"; it must be true or false',
      'app.vpc: found "vpc-0123456789abcdef0"; it has no effect without vpcSubnets. Set vpcSubnets too',
      'my app.parameterName: missing; it is required. Set it to a name such as /spotnana/access-token',
      'context.refreshers.text: found a value that is not shown because it may contain a secret; it must be an object with the settings of a refresher',
      '@aws-cdk/core:permissionsBoundary: found "developers"; it must be {"name": "…"} or {"arn": "…"}',
      'ap.scope: it has no effect. Did you mean -c app.scope?',
    ]);
  });

  test.for<[string, (secret: string) => object]>([
    ['credentials as an object', (secret) => ({ credentials: { client_id: 'id', client_secret: secret } })],
    ['credentials as JSON', (secret) => ({ credentials: JSON.stringify({ client_secret: secret }) })],
    [
      'a client_secret among the extra parameters',
      (secret) => ({ extraParameters: { client_secret: secret } }),
    ],
    ['credentials as credentialFields', (secret) => ({ credentialFields: { client_id: 'id', secret } })],
    ['a secret as credentialFields', (secret) => ({ credentialFields: secret })],
    [
      'a secret with a space as credentialFields',
      (secret) => ({ credentialFields: { client_id: `${secret} ` } }),
    ],
    ['extra parameters that are not an object', (secret) => ({ extraParameters: secret })],
    ['an invalid variable', (secret) => ({ environment: { AWS_SECRET_ACCESS_KEY: secret } })],
    ['variables that are not an object', (secret) => ({ environment: secret })],
    ['a password in the URL', (secret) => ({ tokenUrl: `https://user:${secret}@auth.example.com` })],
    ['a password in an invalid URL', (secret) => ({ tokenUrl: `user:${secret}@auth.example.com` })],
    ['an unknown setting with a secret', (secret) => ({ clientSecret: secret })],
  ])('refuse %s without showing it', ([, entry]) => {
    const secret = confidential(`mistaken-${randomUUID()}`);
    let message = '';
    try {
      read(entry(secret));
    } catch (error) {
      message = inspect(error);
    }
    expect(message).toContain('SettingsError: app.');
    expect(countLeaks([secret], message)).toBe(0);
  });

  test.for([
    'app/credentials',
    'arn:aws:secretsmanager:us-east-1:111111111111:secret:app/credentials-AbCdEf',
  ])('accept %s as the name of a secret', (credentials) => {
    expect(read({ credentials }).get('app')?.credentials).toBe(credentials);
  });

  test.for<[override: string, value: unknown, line: string]>([
    [
      'refreshBefore',
      'PT45M',
      'refreshBefore: it has no effect without the name of a refresher. Write -c app.refreshBefore=…',
    ],
    [
      'refreshbefore',
      'PT45M',
      'refreshbefore: it has no effect without the name of a refresher. Write -c app.refreshBefore=…',
    ],
    [
      'checkEvery',
      5,
      'checkEvery: it has no effect without the name of a refresher. Write -c app.checkEvery=…',
    ],
    ['readers', '*', 'readers: it has no effect without the name of a refresher. Write -c app.readers=…'],
    [
      'dashboard',
      'false',
      'dashboard: it has no effect without the name of a refresher. Write -c app.dashboard=…',
    ],
    ['app.refreshBefor', 'PT45M', 'app.refreshBefor: there is no such setting. Did you mean refreshBefore?'],
    [
      'app.tags.team',
      'travel',
      'app.tags.team: there is no such setting. Set tags as a whole: -c app.tags=…',
    ],
    [
      'app.tags',
      '{team:travel}',
      'app.tags: found "{team:travel}"; it must be an object such as {"name": "value"}, or on the command line its JSON in single quotes',
    ],
    ['ap.tokenUrl', 'https://x.example.com', 'ap.tokenUrl: it has no effect. Did you mean -c app.tokenUrl?'],
    ['ap.toknUrl', 'https://x.example.com', 'ap.toknUrl: it has no effect. Did you mean -c app.tokenUrl?'],
    [
      'production.tokenUrl',
      'https://x.example.com',
      'production.tokenUrl: there is no refresher "production". The refreshers of cdk.json are app',
    ],
    ['app:refreshBefore', 'PT45M', 'app:refreshBefore: it has no effect. Did you mean -c app.refreshBefore?'],
    [
      'refreshers.app.refreshBefore',
      'PT45M',
      'refreshers.app.refreshBefore: it has no effect. Did you mean -c app.refreshBefore?',
    ],
    [
      'context.refreshers.app.refreshBefore',
      'PT45M',
      'context.refreshers.app.refreshBefore: it has no effect. Did you mean -c app.refreshBefore?',
    ],
    [
      'refresh_before',
      'soon',
      'refresh_before: it has no effect without the name of a refresher. Write -c app.refreshBefore=…',
    ],
    [
      'refreshBefor',
      'PT45M',
      'refreshBefor: it has no effect without the name of a refresher. Write -c app.refreshBefore=…',
    ],
  ])('refuse -c %s=%s, which fits no setting', ([override, value, line]) => {
    expect(problemsOf(() => read({}, { [override]: value }))).toEqual([line]);
  });

  test.for<[key: string, value: unknown]>([
    ['acme:costCentre', '4711'],
    ['acme.costCentre', '4711'],
    ['acme:environment', 'prod'],
    ['acme:notificationEmail', 'team@example.com'],
    ['acme:refreshBefore', 'PT1H'],
    ['acme:app:refreshBefore', 'PT1H'],
    ['logRetention', 30],
    ['securityGroups', 'all'],
    ['acme.environment', 'prod'],
    ['acme/tags', { team: 'travel' }],
    ['environment', 'prod'],
    ['environment', { account: '111111111111', region: 'us-east-1' }],
    ['tags', { team: 'travel' }],
    ['stage', 'prod'],
    ['tokenUri', 'none'],
    ['checkEvery1', 5],
    ['vpcId', VPC],
    ['@aws-cdk/core:x', true],
    ['aws:cdk:enable-path-metadata', true],
    ['hosted-zone:domainName=a.example.com', {}],
    ['cli', {}],
  ])('accept the context key %s with %j, which is not meant for a refresher', ([key, value]) => {
    expect(read({}, { [key]: value }).size).toBe(1);
  });

  test('do not show credentials that were given instead of the name of a secret', () => {
    const credentials = '{"client_id":"id","client_secret":"hunter2"}';
    expect(() => read({ credentials })).toThrow(/app\.credentials: .*name of a secret/);
    expect(() => read({ credentials })).not.toThrow(/hunter2/);
  });

  test('refuse two refreshers with the same parameter', () => {
    expect(problemsOf(() => readSettings({ refreshers: { a: REQUIRED, b: REQUIRED } }))).toEqual([
      'a.parameterName: found "/app/token"; it is also the parameter of b. Choose another name',
      'b.parameterName: found "/app/token"; it is also the parameter of a. Choose another name',
    ]);
  });

  test("refuse a parameter that is another refresher's claim", () => {
    const claim = { ...REQUIRED, parameterName: `${REQUIRED.parameterName}.claim` };
    for (const refreshers of [
      { a: REQUIRED, b: claim },
      { b: claim, a: REQUIRED },
    ])
      expect(problemsOf(() => readSettings({ refreshers }))).toEqual([
        'b.parameterName: found "/app/token.claim"; it is the claim of a. Choose another name',
      ]);
  });

  test.for([
    ['missing', undefined, 'missing'],
    ['an empty object', {}, 'found an empty object'],
    ['an empty list', [], 'found an empty list'],
    ['null', null, 'found null'],
    ['text', 'app', 'found a value that is not shown because it may contain a secret'],
  ])('refuse context.refreshers that is %s', ([, refreshers, found]) => {
    expect(problemsOf(() => readSettings({ refreshers }))).toEqual([
      `context.refreshers: ${found}; it must map at least one name to its settings, for example {"spotnana": {"tokenUrl": "https://…", "parameterName": "/…"}}`,
    ]);
  });
});
