import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { confidential, countLeaks } from '../support/confidential.ts';

const REQUIRED = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const ROLE = 'arn:aws:iam::111111111111:role/teams/travel/refresher';
const VPC = 'vpc-0123456789abcdef0';
const SUBNET = 'subnet-0123456789abcdef0';
const GROUP = 'sg-0123456789abcdef0';
const read = (entry: object, more: object = {}) =>
  readSettings({ refreshers: { app: { ...REQUIRED, ...entry } }, ...more });

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

  test.for<[string, object, RegExp]>([
    ['a VPC without subnets', { vpc: VPC }, /app\.vpcSubnets: it is required with vpc; .*; got nothing/],
    ['subnets without a VPC', { vpcSubnets: [SUBNET] }, /app\.vpcSubnets: .*set vpc too; got \["subnet-/],
    [
      'security groups without a VPC',
      { securityGroups: [GROUP] },
      /app\.securityGroups: .*set vpc too; got \["sg-/,
    ],
    [
      'a malformed VPC',
      { vpc: 'vpc-main', vpcSubnets: [SUBNET] },
      /app\.vpc: it must be an id: vpc- and 8 or 17 hexadecimal digits; got "vpc-main"/,
    ],
    [
      'a malformed subnet',
      { vpc: VPC, vpcSubnets: [SUBNET, GROUP] },
      /app\.vpcSubnets\.1: it must be an id: subnet- and .*; got \["subnet-/,
    ],
    [
      'a malformed security group',
      { vpc: VPC, vpcSubnets: [SUBNET], securityGroups: ['sg-123'] },
      /app\.securityGroups\.0: it must be an id: sg- and .*; got \["sg-123"\]/,
    ],
    [
      'an empty list of subnets',
      { vpc: VPC, vpcSubnets: [] },
      /app\.vpcSubnets: it must list at least one id; got \[\]/,
    ],
    [
      'a subnet twice',
      { vpc: VPC, vpcSubnets: [SUBNET, SUBNET] },
      /app\.vpcSubnets: it must not list an id twice; got/,
    ],
    [
      '17 subnets',
      { vpc: VPC, vpcSubnets: Array.from({ length: 17 }, (_, i) => `subnet-${10_000_000 + i}`) },
      /app\.vpcSubnets: .*at most 16/,
    ],
    [
      '6 security groups',
      {
        vpc: VPC,
        vpcSubnets: [SUBNET],
        securityGroups: Array.from({ length: 6 }, (_, i) => `sg-${10_000_000 + i}`),
      },
      /app\.securityGroups: .*at most 5/,
    ],
    ['a role without an ARN', { role: 'refresher' }, /app\.role: .*ARN of an IAM role; got "refresher"/],
    [
      'logs that are kept for 31 days',
      { logRetention: 31 },
      /app\.logRetention: .*CloudWatch Logs accepts: 1, 3, 5, 7, .*3653; got 31/,
    ],
    ['logs that are kept for ever', { logRetention: 9999 }, /app\.logRetention: .*got 9999/],
    ['tags that are a list', { tags: [{ Key: 'team' }] }, /app\.tags: it must be an object, .*got \[/],
    [
      'a tag that is a number',
      { tags: { team: 1 } },
      /app\.tags\.team: it must be text in quotes; got \{"team":1\}/,
    ],
    ['readers that are a number', { readers: 1 }, /app\.readers: it must be a list; got 1/],
    [
      'a layer in two versions',
      { layers: [1, 2].map((version) => `arn:aws:lambda:us-east-1:111111111111:layer:ca:${version}`) },
      /app\.layers: it must not name a layer twice.*got/,
    ],
    ['an empty tag', { tags: { team: '' } }, /app\.tags: the value of tag team is empty.*got/],
    ['a tag without a key', { tags: { '': 'x' } }, /app\.tags: the key of a tag is empty/],
    ['a reserved tag', { tags: { 'aws:team': 'x' } }, /app\.tags: .*"aws:", which AWS reserves/],
    [
      'tags that differ only in case',
      { tags: { team: 'a', Team: 'b' } },
      /app\.tags: tags team and Team differ only in case, which IAM ignores.*got/,
    ],
    [
      'a tag with a comma',
      { tags: { team: 'a,b' } },
      /app\.tags: tag team has a character that AWS does not allow/,
    ],
    [
      'a tag with a long value',
      { tags: { team: 'v'.repeat(257) } },
      /app\.tags: the value of tag team has 257 characters, AWS allows 256/,
    ],
    [
      '51 tags',
      { tags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`tag-${i}`, 'x'])) },
      /app\.tags: has 51 tags, AWS allows 50/,
    ],
    [
      'an unknown key',
      { tokenURL: 'x' },
      /app\.tokenURL: unknown setting; allowed are tokenUrl, parameterName/,
    ],
    ['a missing URL', { tokenUrl: undefined }, /app\.tokenUrl: .*got nothing/],
    ['an http: URL', { tokenUrl: 'http://a.example.com' }, /app\.tokenUrl: .*https: .*got "http:\/\/a/],
    ['a relative parameter name', { parameterName: 'token' }, /app\.parameterName: .*begin with "\/"/],
    ['a reserved parameter name', { parameterName: '/aws/token' }, /app\.parameterName: .*AWS reserves/],
    ['an empty level', { parameterName: '/a//b' }, /app\.parameterName: .*empty level/],
    ['a parameter name with a star', { parameterName: '/a/*' }, /app\.parameterName/],
    ['16 levels', { parameterName: '/a'.repeat(16) }, /app\.parameterName: .*15 levels/],
    ['a number of minutes', { checkEvery: '5' }, /app\.checkEvery: .*ISO 8601 duration.*got "5"/],
    [
      'a default lifetime that ends before the next check',
      { defaultLifetime: 'PT6M' },
      /app\.defaultLifetime: .*more than checkEvery \(PT5M\) plus 60 seconds.*got "PT6M"/,
    ],
    [
      'a default lifetime of more than 30 days',
      { defaultLifetime: 'P31D' },
      /app\.defaultLifetime: .*at most P30D.*got "P31D"/,
    ],
    [
      'a default lifetime with a fraction of a second',
      { defaultLifetime: 'PT3600.5S' },
      /app\.defaultLifetime: /,
    ],
    ['seconds', { checkEvery: 'PT90S' }, /app\.checkEvery: it must be whole minutes/],
    [
      'a check every 0 minutes',
      { checkEvery: 'PT0M' },
      /app\.checkEvery: it must be whole minutes, from PT1M/,
    ],
    [
      'a checkEvery that is too long for refreshBefore',
      { checkEvery: 'PT30M' },
      /app\.refreshBefore: .*checkEvery \(PT30M\) plus 60 seconds.*got "PT30M"/,
    ],
    [
      'a credentialsKey without credentials',
      { credentialsKey: 'arn:aws:kms:us-east-1:000000000000:key/k' },
      /app\.credentialsKey: .*name the secret in credentials/,
    ],
    [
      'a credentialsKey without an ARN',
      { credentials: 'my/secret', credentialsKey: 'alias/x' },
      /app\.credentialsKey: .*ARN of a KMS key/,
    ],
    [
      'credentialFields with an unknown name',
      { credentialFields: { client_id: 'a', clientSecret: 'b' } },
      /app\.credentialFields: it must map client_id, client_secret, or both/,
    ],
    ['credentialFields without a name', { credentialFields: {} }, /app\.credentialFields: it must map/],
    [
      'credentialFields with an empty name',
      { credentialFields: { client_id: '' } },
      /app\.credentialFields: "client_id" must be the name of a field/,
    ],
    [
      'credentialFields with white space around a name',
      { credentialFields: { client_secret: 'secret\n' } },
      /app\.credentialFields: "client_secret" must be .*without white space/,
    ],
    [
      'credentialFields with one field for both',
      { credentialFields: { client_secret: 'client_id' } },
      /app\.credentialFields: .*different fields/,
    ],
    ['credentialFields as a list', { credentialFields: ['a', 'b'] }, /app\.credentialFields/],
    ['an invalid reader', { readers: ['travel'] }, /app\.readers\.0: .*ARN of an IAM role or user/],
    [
      'the session of a role',
      { readers: ['arn:aws:sts::111111111111:assumed-role/travel-ci/GitHubActions'] },
      /app\.readers\.0: .*session.*arn:aws:iam::111111111111:role\/travel-ci, with the role's path/,
    ],
    [
      'the session of an SSO user',
      {
        readers: [
          'arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Read_Only_0123456789abcdef/jane@example.com',
        ],
      },
      /app\.readers\.0: .*: arn:aws:iam::111111111111:role\/aws-reserved\/sso\.amazonaws\.com\/\*AWSReservedSSO_Read_Only_\*;/,
    ],
    [
      'a variable that the refresher sets',
      { environment: { TOKEN_URL: 'x' } },
      /app\.environment: .*"TOKEN_URL".*sets this variable itself/,
    ],
    ['a variable of Lambda', { environment: { AWS_REGION: 'x' } }, /app\.environment: .*Lambda reserves/],
    [
      'a number as a variable',
      { environment: { A_B: 1 } },
      /app\.environment\.A_B: it must be text in quotes/,
    ],
    [
      'a layer without a version',
      { layers: ['arn:aws:lambda:us-east-1:111111111111:layer:ca'] },
      /app\.layers\.0: .*ARN of a layer version/,
    ],
    [
      'six layers',
      { layers: [1, 2, 3, 4, 5, 6].map((n) => `arn:aws:lambda:us-east-1:111111111111:layer:ca:${n}`) },
      /app\.layers: Lambda allows at most 5 layers/,
    ],
    [
      'readers together with encryptionKey',
      { readers: ['*'], encryptionKey: 'arn:aws:kms:us-east-1:000000000000:key/k' },
      /app\.readers: .*encryptionKey/,
    ],
    ['an empty scope', { scope: '' }, /app\.scope: .*got ""/],
    ['a quoted scope', { scope: '"bookings"' }, /app\.scope: .*without quotes/],
    ['two spaces in a scope', { scope: 'bookings  trips' }, /app\.scope: .*single spaces/],
    [
      'a reserved form field',
      { extraParameters: { grant_type: 'x' } },
      /app\.extraParameters: .*"grant_type"/,
    ],
    [
      'an unknown method',
      { clientAuthentication: 'none' },
      /app\.clientAuthentication: .*client_secret_post/,
    ],
    ['a key without an ARN', { encryptionKey: 'alias/x' }, /app\.encryptionKey: .*ARN of a KMS key/],
    [
      'the ARN of an alias as a key',
      { encryptionKey: 'arn:aws:kms:us-east-1:000000000000:alias/x' },
      /app\.encryptionKey: .*ARN of a KMS key, not of an alias; got "arn/,
    ],
    [
      'the ARN of an alias as the key of a secret',
      { credentials: 'my/secret', credentialsKey: 'arn:aws:kms:us-east-1:000000000000:alias/x' },
      /app\.credentialsKey: .*ARN of a KMS key, not of an alias; got "arn/,
    ],
    [
      'an invalid address',
      { notificationEmail: 'on-call' },
      /app\.notificationEmail: .*email address; got "on-call"/,
    ],
    [
      'a topic without an ARN',
      { notificationTopic: 'on-call' },
      /app\.notificationTopic: .*ARN of an SNS topic/,
    ],
    [
      'an address together with a topic',
      { notificationEmail: 'a@example.com', notificationTopic: 'arn:aws:sns:us-east-1:000000000000:t' },
      /app\.notificationEmail: .*notificationTopic/,
    ],
    [
      'a dashboard that is neither true nor false',
      { dashboard: 'yes' },
      /app\.dashboard: .*true or false; got "yes"/,
    ],
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
    expect(message).toContain('are invalid');
    expect(countLeaks([secret], message)).toBe(0);
  });

  test.for([
    'app/credentials',
    'arn:aws:secretsmanager:us-east-1:111111111111:secret:app/credentials-AbCdEf',
  ])('accept %s as the name of a secret', (credentials) => {
    expect(read({ credentials }).get('app')?.credentials).toBe(credentials);
  });

  test('refuse an override for an unknown refresher', () => {
    expect(() => read({}, { 'ap.tokenUrl': 'https://x.example.com' })).toThrow(
      /ap\.tokenUrl: there is no refresher "ap"/,
    );
  });

  test('refuse an override with both names mistyped', () => {
    expect(() => read({}, { 'ap.toknUrl': 'https://x.example.com' })).toThrow(/there is no refresher "ap"/);
  });

  test('do not show credentials that were given instead of the name of a secret', () => {
    const credentials = '{"client_id":"id","client_secret":"hunter2"}';
    expect(() => read({ credentials })).toThrow(/app\.credentials: .*name of a secret/);
    expect(() => read({ credentials })).not.toThrow(/hunter2/);
  });

  test('ignore other context values', () => {
    const others = { '@aws-cdk/core:x': true, 'hosted-zone:domainName=a.example.com': {}, cli: {} };
    expect(read({}, others).size).toBe(1);
  });

  test('refuse two refreshers with the same parameter', () => {
    const act = () => readSettings({ refreshers: { a: REQUIRED, b: REQUIRED } });
    expect(act).toThrow(/b\.parameterName: "\/app\/token" is also the parameter of a/);
  });

  test("reject a parameter that is another refresher's claim", () => {
    const claim = { ...REQUIRED, parameterName: `${REQUIRED.parameterName}.claim` };
    for (const refreshers of [
      { a: REQUIRED, b: claim },
      { b: claim, a: REQUIRED },
    ])
      expect(() => readSettings({ refreshers })).toThrow(/b\.parameterName: .* is the claim of a/);
  });

  test('refuse a configuration without refreshers', () => {
    expect(() => readSettings({})).toThrow(/context\.refreshers must map at least one name/);
  });
});
