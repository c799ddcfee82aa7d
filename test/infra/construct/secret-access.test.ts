import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret, type SecretAttributes } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { TokenRefresher } from '../../../infra/construct/token-refresher.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import { type DeployedStack, deployedStacks } from '../../support/deployed-stack.ts';
import type { Statement } from '../../support/policy-evaluation.ts';
import { ACCOUNT, REGION } from '../../support/resolve-template.ts';

const LAMBDA = new ServicePrincipal('lambda.amazonaws.com');
const REQUIRED = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const PARTIAL = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:app/credentials`;
const COMPLETE = `${PARTIAL}-AbCdEf`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809`;

/** The policy of a key that no stack of the app owns. */
const LEFT_TO_IAM: Statement = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
};

interface Deployment {
  readonly deployed: DeployedStack;
  readonly key: string;
  readonly secret: string;
}

type Owner = 'the stack' | 'another stack';

const newApp = () => new App({ context: { 'aws:cdk:bundling-stacks': [] } });

/** Both stacks hold something, since CDK warns of an empty one. */
const deploy = (
  credentialsIn: (stacks: Readonly<Record<Owner, Stack>>) => ISecret,
  { key = KEY, secret = COMPLETE }: { key?: RegExp | string; secret?: RegExp | string },
): Deployment => {
  const app = newApp();
  const stacks = { 'the stack': new Stack(app, 'Test'), 'another stack': new Stack(app, 'Other') };
  new Queue(stacks['another stack'], 'Queue');
  const credentials = credentialsIn(stacks);
  const refresher = new TokenRefresher(stacks['the stack'], 'Refresher', { ...REQUIRED, credentials });
  refresher.grantRead(new Role(stacks['the stack'], 'Reader', { assumedBy: LAMBDA }));
  refresher.grantReport(new Role(stacks['the stack'], 'Reporter', { assumedBy: LAMBDA }));
  const deployed = deployedStacks(Object.values(stacks), { [KEY]: [LEFT_TO_IAM] });
  const arnOf = (type: string, id: RegExp | string) => (typeof id === 'string' ? id : deployed.arn(type, id));
  return { deployed, key: arnOf('AWS::KMS::Key', key), secret: arnOf('AWS::SecretsManager::Secret', secret) };
};

const ownKey = /^Key/;
const ownSecret = /^Secret/;
const keyIn = (stack: Stack, owner: Stack | 'imported') =>
  owner === 'imported' ? Key.fromKeyArn(stack, 'Key', KEY) : new Key(owner, 'Key');

/** A secret that some other app owns. */
const imported = (attributes: SecretAttributes, by: Owner, keyOwner: Owner | 'imported') =>
  deploy(
    (stacks) => {
      const encryptionKey = keyIn(stacks[by], keyOwner === 'imported' ? keyOwner : stacks[keyOwner]);
      return Secret.fromSecretAttributes(stacks[by], 'Secret', { ...attributes, encryptionKey });
    },
    keyOwner === 'imported' ? {} : { key: ownKey },
  );

const created = (by: Owner, keyOwner: Owner | 'imported') =>
  deploy(
    (stacks) => {
      const encryptionKey = keyIn(stacks[by], keyOwner === 'imported' ? keyOwner : stacks[keyOwner]);
      return new Secret(stacks[by], 'Secret', { encryptionKey }) as ISecret;
    },
    { secret: ownSecret, ...(keyOwner === 'imported' ? {} : { key: ownKey }) },
  );

const settings = (credentials: string): Deployment => {
  const entry = { ...REQUIRED, credentials, credentialsKey: KEY };
  const parsed = readSettings({ refreshers: { app: entry } }).get('app');
  if (parsed === undefined) throw new Error('no settings');
  const stack = new RefresherStack(newApp(), 'Test', parsed);
  return { deployed: deployedStacks([stack], { [KEY]: [LEFT_TO_IAM] }), key: KEY, secret: COMPLETE };
};

const BY_COMPLETE_ARN = { secretCompleteArn: COMPLETE };
const BY_PARTIAL_ARN = { secretPartialArn: PARTIAL };

describe.for<[string, () => Deployment]>([
  ['by its complete ARN, under an imported key', () => imported(BY_COMPLETE_ARN, 'the stack', 'imported')],
  [
    'by its complete ARN, under a key of the stack',
    () => imported(BY_COMPLETE_ARN, 'the stack', 'the stack'),
  ],
  [
    'by its complete ARN, under a key of another stack',
    () => imported(BY_COMPLETE_ARN, 'the stack', 'another stack'),
  ],
  [
    'that another stack imports, under its key',
    () => imported(BY_COMPLETE_ARN, 'another stack', 'another stack'),
  ],
  ['by its partial ARN, under an imported key', () => imported(BY_PARTIAL_ARN, 'the stack', 'imported')],
  [
    'by its partial ARN, under a key of another stack',
    () => imported(BY_PARTIAL_ARN, 'the stack', 'another stack'),
  ],
  ['of the stack, under its key', () => created('the stack', 'the stack')],
  ['of the stack, under an imported key', () => created('the stack', 'imported')],
  ['of the stack, under a key of another stack', () => created('the stack', 'another stack')],
  ['of another stack, under its key', () => created('another stack', 'another stack')],
  ['of another stack, under an imported key', () => created('another stack', 'imported')],
  ['that cdk.json names, under credentialsKey', () => settings('app/credentials')],
  ['that cdk.json gives by its complete ARN, under credentialsKey', () => settings(COMPLETE)],
])('for a secret %s,', ([, build]) => {
  const { deployed, key, secret } = build();
  const roleOf = (id: string) => deployed.arn('AWS::IAM::Role', new RegExp(`^(Refresher)?${id}`));
  const via = (service: string, SecretARN: string) => ({
    'kms:ViaService': `${service}.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': SecretARN,
  });

  test.for<['may' | 'may not', string, string, string, Record<string, string>]>([
    [
      'may',
      'decrypt it through Secrets Manager',
      'FunctionRole',
      'kms:Decrypt',
      via('secretsmanager', secret),
    ],
    [
      'may not',
      'decrypt another secret under the key',
      'FunctionRole',
      'kms:Decrypt',
      via('secretsmanager', `${PARTIAL}-other-AbCdEf`),
    ],
    ['may not', 'decrypt it through another service', 'FunctionRole', 'kms:Decrypt', via('ssm', secret)],
    ['may not', 'decrypt anything by itself', 'FunctionRole', 'kms:Decrypt', {}],
    ['may not', 'encrypt it', 'FunctionRole', 'kms:Encrypt', via('secretsmanager', secret)],
    ['may not', 'decrypt it', 'DeploymentFunctionRole', 'kms:Decrypt', via('secretsmanager', secret)],
    ['may not', 'decrypt it', 'ScheduleRole', 'kms:Decrypt', via('secretsmanager', secret)],
  ])('%s %s: %s', ([verdict, , id, action, context]) => {
    const request = { principal: roleOf(id), action, resource: key, context };
    expect(deployed.allows(request)).toBe(verdict === 'may');
  });

  test('both functions may describe it, and only the refresher may read it', () => {
    const allowed = (id: string, action: string) =>
      deployed.allows({ principal: roleOf(id), action: `secretsmanager:${action}`, resource: secret });
    expect(allowed('FunctionRole', 'DescribeSecret')).toBe(true);
    expect(allowed('FunctionRole', 'GetSecretValue')).toBe(true);
    expect(allowed('DeploymentFunctionRole', 'DescribeSecret')).toBe(true);
    expect(allowed('DeploymentFunctionRole', 'GetSecretValue')).toBe(false);
  });
});
