import type { Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { deployedStack } from '../support/deployed-stack.ts';
import { synthesizeExample } from '../support/document-examples.ts';
import { ACCOUNT, REGION } from '../support/resolve-template.ts';

const synthesize = (containing: string, namesIn: (stack: Stack) => Record<string, unknown>) =>
  synthesizeExample('SECURITY.md', containing, { account: ACCOUNT, region: REGION, namesIn });

test('the example for a VPC places both functions in the private subnets', async () => {
  const template = await synthesize('vpcSubnets', (stack) => ({ vpc: new Vpc(stack, 'Vpc') }));
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  expect(functions.map(({ Properties }) => JSON.stringify(Properties.VpcConfig.SubnetIds))).toEqual([
    expect.stringMatching(/VpcPrivate/),
    expect.stringMatching(/VpcPrivate/),
  ]);
});

test('the example for customer-managed keys limits each key to its purpose', async () => {
  const template = await synthesize('secretKey', (stack) => ({
    tokenKey: new Key(stack, 'TokenKey'),
    secretKey: new Key(stack, 'SecretKey'),
  }));
  const stack = deployedStack(template.toJSON().Resources);
  const principal = stack.arn('AWS::IAM::Role', /SpotnanaFunctionRole/);
  const parameter = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/spotnana/access-token`;
  const throughSsm = {
    'kms:ViaService': `ssm.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:PARAMETER_ARN': parameter,
  };
  const throughSecretsManager = { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` };
  const mayDecrypt = (key: RegExp, context: Record<string, string>) =>
    stack.allows({ principal, action: 'kms:Decrypt', resource: stack.arn('AWS::KMS::Key', key), context });
  expect(mayDecrypt(/^TokenKey/, throughSsm)).toBe(true);
  expect(mayDecrypt(/^TokenKey/, throughSecretsManager)).toBe(false);
  expect(mayDecrypt(/^SecretKey/, throughSecretsManager)).toBe(true);
  expect(mayDecrypt(/^SecretKey/, throughSsm)).toBe(false);
  expect(Object.keys(template.findResources('AWS::SecretsManager::Secret'))).toEqual([]);
});
