import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { viaService } from '../../../infra/construct/via-service.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { LAMBDA, newApp, newRefresher, REQUIRED } from '../../support/refresher-stack.ts';
import { ACCOUNT, type Place } from '../../support/resolve-template.ts';

const PLACES: readonly Place[] = [
  { region: 'us-east-1', partition: 'aws', urlSuffix: 'amazonaws.com' },
  { region: 'us-gov-west-1', partition: 'aws-us-gov', urlSuffix: 'amazonaws.com' },
  { region: 'cn-north-1', partition: 'aws-cn', urlSuffix: 'amazonaws.com.cn' },
  { region: 'us-iso-east-1', partition: 'aws-iso', urlSuffix: 'c2s.ic.gov' },
  { region: 'us-isob-east-1', partition: 'aws-iso-b', urlSuffix: 'sc2s.sgov.gov' },
  { region: 'eu-isoe-west-1', partition: 'aws-iso-e', urlSuffix: 'cloud.adc-e.uk' },
  { region: 'us-isof-south-1', partition: 'aws-iso-f', urlSuffix: 'csp.hci.ic.gov' },
  { region: 'eusc-de-east-1', partition: 'aws-eusc', urlSuffix: 'amazonaws.eu' },
];

const CASES = PLACES.flatMap((place) => [
  { ...place, synthesized: 'for its region', env: { account: ACCOUNT, region: place.region } },
  { ...place, synthesized: 'for any region', env: {} },
]);

describe.for(CASES)('a stack $synthesized in $region ($partition)', ({ env, synthesized, ...place }) => {
  const { region, partition, urlSuffix } = place;
  const reader = `arn:${partition}:iam::${ACCOUNT}:role/travel`;
  const stack = new Stack(newApp(), 'Test', { env });
  newRefresher(stack, { readers: [reader] }).grantRead(new Role(stack, 'Reader', { assumedBy: LAMBDA }));
  const template = Template.fromStack(stack).toJSON();
  const deployed = deployedStack(template.Resources, {}, {}, place);

  const parameter = `arn:${partition}:ssm:${region}:${ACCOUNT}:parameter${REQUIRED.parameterName}`;
  const resource = deployed.arn('AWS::KMS::Key');
  const decrypt = (principal: string, viaService: string, parameterArn = parameter) =>
    deployed.allows(
      {
        principal,
        action: 'kms:Decrypt',
        resource,
        context: { 'kms:ViaService': viaService, 'kms:EncryptionContext:PARAMETER_ARN': parameterArn },
      },
      principal === reader ? [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }] : [],
    );

  test.for([
    ['the refresher', deployed.arn('AWS::IAM::Role', /RefresherFunctionRole/)],
    ['the deployment function', deployed.arn('AWS::IAM::Role', /DeploymentFunctionRole/)],
    ['a role with grantRead', deployed.arn('AWS::IAM::Role', /^Reader/)],
    ['a role of readers', reader],
  ] as const)(
    'lets %s use the key through Parameter Store of this region, under either domain, and nothing else',
    ([, principal]) => {
      expect(decrypt(principal, `ssm.${region}.amazonaws.com`)).toBe(true);
      expect(decrypt(principal, `ssm.${region}.${urlSuffix}`)).toBe(true);
      expect(decrypt(principal, `ssm.us-west-2.${urlSuffix}`)).toBe(false);
      expect(decrypt(principal, `ssm.${region}.example.com`)).toBe(false);
      expect(decrypt(principal, `secretsmanager.${region}.${urlSuffix}`)).toBe(false);
    },
  );

  test('lets the refresher use its parameters in this partition', () => {
    const principal = deployed.arn('AWS::IAM::Role', /RefresherFunctionRole/);
    const read = (arn: string) => deployed.allows({ principal, action: 'ssm:GetParameter', resource: arn });
    expect(read(parameter)).toBe(true);
    expect(read(`${parameter}.claim`)).toBe(true);
  });

  test('lets the refresher decrypt the credentials through Secrets Manager, under either domain', () => {
    const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${ACCOUNT}:${rest}`;
    const [secretArn, key] = [arn('secretsmanager', 'secret:app/client-AbCdEf'), arn('kms', 'key/secrets')];
    const entry = { ...REQUIRED, credentials: secretArn, credentialsKey: key };
    const settings = readSettings({ refreshers: { app: entry } }).get('app');
    if (settings === undefined) throw new Error('no settings');
    const { Resources } = Template.fromStack(
      new RefresherStack(newApp(), 'Test', settings, { env }),
    ).toJSON();
    const account = { AWS: `arn:${partition}:iam::${ACCOUNT}:root` };
    const outside = {
      [key]: [{ Effect: 'Allow', Principal: account, Action: 'kms:*', Resource: '*' }],
    } as const;
    const withKey = deployedStack(Resources, {}, outside, place);
    const decryptSecret = (via: string) =>
      withKey.allows({
        principal: withKey.arn('AWS::IAM::Role', /RefresherFunctionRole/),
        action: 'kms:Decrypt',
        resource: key,
        context: { 'kms:ViaService': via, 'kms:EncryptionContext:SecretARN': secretArn },
      });
    expect(decryptSecret(`secretsmanager.${region}.amazonaws.com`)).toBe(true);
    expect(decryptSecret(`secretsmanager.${region}.${urlSuffix}`)).toBe(true);
    expect(decryptSecret(`ssm.${region}.${urlSuffix}`)).toBe(false);
  });

  test('names no partition and no domain but those of its region, besides the names of services', () => {
    const text = JSON.stringify(template).replaceAll(reader, '');
    expect(text).not.toMatch(/arn:aws[\w-]*:/);
    const domains = [...text.matchAll(/[\w.-]+\.(?:amazonaws\.\w+(?:\.cn)?|ic\.gov|sgov\.gov|adc-e\.uk)/g)];
    const allowed = new RegExp(
      `^(?:lambda|scheduler)\\.amazonaws\\.com$|^ssm\\.${region}\\.|^\\.amazonaws\\.com$`,
    );
    expect(domains.map(([domain]) => domain).filter((domain) => !allowed.test(domain))).toEqual([]);
  });

  test('accepts ARNs of this partition in the settings', () => {
    const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${ACCOUNT}:${rest}`;
    const entry = {
      ...REQUIRED,
      credentials: arn('secretsmanager', 'secret:app/client-AbCdEf'),
      notificationTopic: arn('sns', 'on-call'),
    };
    const read = (more: object) => readSettings({ refreshers: { app: { ...entry, ...more } } }).get('app');
    for (const more of [{ encryptionKey: arn('kms', 'key/k') }, { readers: [reader] }]) {
      const settings = read(more);
      if (settings === undefined) throw new Error('no settings');
      expect(() => Template.fromStack(new RefresherStack(newApp(), 'Test', settings, { env }))).not.toThrow();
    }
  });
});

describe('the value of kms:ViaService', () => {
  const stackIn = (region?: string) =>
    new Stack(newApp(), 'Test', region === undefined ? {} : { env: { account: ACCOUNT, region } });

  test('is a single one in a region whose domain is the documented one', () => {
    expect(viaService(stackIn('us-gov-east-1'), 'ssm')).toBe('ssm.us-gov-east-1.amazonaws.com');
  });

  test('is listed under both domains in a region with a domain of its own', () => {
    expect(viaService(stackIn('cn-northwest-1'), 'secretsmanager')).toEqual([
      'secretsmanager.cn-northwest-1.amazonaws.com',
      'secretsmanager.cn-northwest-1.amazonaws.com.cn',
    ]);
  });

  test.for([undefined, 'xx-new-1'])('uses the domain that CloudFormation knows in region %s', (region) => {
    const stack = stackIn(region);
    const [documented, own] = viaService(stack, 'ssm') as string[];
    const place = region ?? { Ref: 'AWS::Region' };
    expect(JSON.stringify(stack.resolve(documented))).toContain('.amazonaws.com');
    expect(JSON.stringify(stack.resolve([documented, own]))).toContain(JSON.stringify(place).slice(1, -1));
    expect(JSON.stringify(stack.resolve(own))).toContain('AWS::URLSuffix');
  });
});

describe('the architecture of both functions', () => {
  test.for([
    ['is arm64 by default', {}, ['arm64', 'arm64']],
    ['is the one of the settings', { architecture: 'x86_64' }, ['x86_64', 'x86_64']],
  ] as const)('%s', ([, entry, expected]) => {
    const settings = readSettings({ refreshers: { app: { ...REQUIRED, ...entry } } }).get('app');
    if (settings === undefined) throw new Error('no settings');
    expect(architectures(new RefresherStack(newApp(), 'Test', settings))).toEqual(expected);
  });

  test('is the one of the construct', () => {
    const stack = new Stack(newApp(), 'Test');
    newRefresher(stack, { architecture: Architecture.X86_64 });
    expect(architectures(stack)).toEqual(['x86_64', 'x86_64']);
  });

  test('is refused if the settings name another', () => {
    expect(() => readSettings({ refreshers: { app: { ...REQUIRED, architecture: 'x86' } } })).toThrow(
      /app\.architecture: found "x86"; it must be arm64 or x86_64/,
    );
  });
});

function architectures(stack: Stack): string[] {
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function');
  return Object.values(functions).flatMap(({ Properties }) => Properties.Architectures);
}
