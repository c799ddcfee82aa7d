import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret, type SecretAttributes } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import { type DeployedStack, deployedStacks } from '../../support/deployed-stack.ts';
import { DELEGATES_TO_IAM, newApp, newRefresher, REQUIRED } from '../../support/refresher-stack.ts';
import { ACCOUNT, REGION } from '../../support/resolve-template.ts';

const PARTIAL = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:app/credentials`;
const COMPLETE = `${PARTIAL}-AbCdEf`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809`;

interface Deployment {
  readonly deployed: DeployedStack;
  readonly key: string;
  readonly secret: string;
}

type Owner = 'the stack' | 'another stack';

/** With `attributes`, the secret belongs to another app. */
const construct = (
  secretOwner: Owner,
  keyOwner: Owner | 'another app',
  attributes?: SecretAttributes,
): Deployment => {
  const app = newApp();
  const stacks = { 'the stack': new Stack(app, 'Test'), 'another stack': new Stack(app, 'Other') };
  // CDK warns about an empty stack.
  new Queue(stacks['another stack'], 'Queue');
  const scope = stacks[secretOwner];
  const encryptionKey =
    keyOwner === 'another app' ? Key.fromKeyArn(scope, 'Key', KEY) : new Key(stacks[keyOwner], 'Key');
  const credentials =
    attributes === undefined
      ? (new Secret(scope, 'Secret', { encryptionKey }) as ISecret)
      : Secret.fromSecretAttributes(scope, 'Secret', { ...attributes, encryptionKey });
  newRefresher(stacks['the stack'], { credentials });
  const deployed = deployedStacks(Object.values(stacks), { [KEY]: [DELEGATES_TO_IAM] });
  return {
    deployed,
    key: keyOwner === 'another app' ? KEY : deployed.arn('AWS::KMS::Key', /^Key/),
    secret: attributes === undefined ? deployed.arn('AWS::SecretsManager::Secret') : COMPLETE,
  };
};

const settings = (credentials: string): Deployment => {
  const entry = { ...REQUIRED, credentials, credentialsKey: KEY };
  const parsed = readSettings({ refreshers: { app: entry } }).get('app');
  if (parsed === undefined) throw new Error('no settings');
  const stack = new RefresherStack(newApp(), 'Test', parsed);
  return { deployed: deployedStacks([stack], { [KEY]: [DELEGATES_TO_IAM] }), key: KEY, secret: COMPLETE };
};

const COMPLETE_ARN = { secretCompleteArn: COMPLETE };
const PARTIAL_ARN = { secretPartialArn: PARTIAL };

describe.for<[string, () => Deployment]>([
  ['under a key of another app', () => construct('the stack', 'another app')],
  ['under a key of the same stack', () => construct('the stack', 'the stack')],
  ['under a key of another stack', () => construct('the stack', 'another stack')],
  ['of another stack, under its key', () => construct('another stack', 'another stack')],
  ['of another stack, under a key of another app', () => construct('another stack', 'another app')],
  [
    'given by complete ARN, under a key of another app',
    () => construct('the stack', 'another app', COMPLETE_ARN),
  ],
  [
    'given by complete ARN, under a key of the stack',
    () => construct('the stack', 'the stack', COMPLETE_ARN),
  ],
  [
    'given by complete ARN, under a key of another stack',
    () => construct('the stack', 'another stack', COMPLETE_ARN),
  ],
  [
    'given by partial ARN, under a key of another app',
    () => construct('the stack', 'another app', PARTIAL_ARN),
  ],
  [
    'given by partial ARN, under a key of another stack',
    () => construct('the stack', 'another stack', PARTIAL_ARN),
  ],
  [
    'imported by another stack, under its key',
    () => construct('another stack', 'another stack', COMPLETE_ARN),
  ],
  ['given by name in cdk.json, with credentialsKey', () => settings('app/credentials')],
  ['given by complete ARN in cdk.json, with credentialsKey', () => settings(COMPLETE)],
])('for a secret %s,', ([, build]) => {
  const { deployed, key, secret } = build();
  const roleOf = (id: string) => deployed.arn('AWS::IAM::Role', new RegExp(`^Refresher${id}`));
  const via = (service: string, SecretARN: string) => ({
    'kms:ViaService': `${service}.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': SecretARN,
  });

  test.for<[string, 'may' | 'may not', string, string, Record<string, string>]>([
    [
      'FunctionRole',
      'may',
      'decrypt it through Secrets Manager',
      'kms:Decrypt',
      via('secretsmanager', secret),
    ],
    [
      'FunctionRole',
      'may not',
      'decrypt another secret',
      'kms:Decrypt',
      via('secretsmanager', `${PARTIAL}-other-AbCdEf`),
    ],
    ['FunctionRole', 'may not', 'decrypt it through another service', 'kms:Decrypt', via('ssm', secret)],
    ['FunctionRole', 'may not', 'use the key directly', 'kms:Decrypt', {}],
    ['FunctionRole', 'may not', 'encrypt it', 'kms:Encrypt', via('secretsmanager', secret)],
    ['DeploymentFunctionRole', 'may not', 'decrypt it', 'kms:Decrypt', via('secretsmanager', secret)],
    ['ScheduleRole', 'may not', 'decrypt it', 'kms:Decrypt', via('secretsmanager', secret)],
  ])('the %s %s %s', ([id, verdict, , action, context]) => {
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
