import { Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { type DeployedStack, deployedStacks } from '../../support/deployed-stack.ts';
import type { Statement } from '../../support/policy-evaluation.ts';
import {
  deploy,
  deployRefresher,
  EVERYTHING,
  LAMBDA,
  newApp,
  newRefresher,
  PARAMETER,
  POWER_USER,
  roleArn,
  viaSsm,
} from '../../support/refresher-stack.ts';
import { ACCOUNT, REGION, type Resources, resolveFunctions } from '../../support/resolve-template.ts';

/** Whether the principal may read and decrypt the parameter. */
const canRead = (
  stack: DeployedStack,
  principal: string,
  more: readonly Statement[] = [],
  parameter = PARAMETER,
): boolean =>
  stack.allows({ principal, action: 'ssm:GetParameter', resource: parameter }, more) &&
  stack.allows(
    {
      principal,
      action: 'kms:Decrypt',
      resource: stack.arn('AWS::KMS::Key'),
      context: viaSsm(parameter),
    },
    more,
  );

describe('readers', () => {
  test.for<['may' | 'may not', string, readonly string[], string]>([
    ['may', 'a role that is named', [roleArn('Travel')], 'Travel'],
    ['may', 'a role that a wildcard matches', [roleArn('sso/*/Travel-*')], 'sso/eu/Travel-1'],
    ['may', 'any role if the account decides', ['*'], 'Anybody'],
    ['may not', 'a role that is not named', [roleArn('Travel')], 'Travel2'],
    ['may not', 'any role by default', [], 'Anybody'],
    [
      'may not',
      'a role of the same name in another account',
      ['arn:aws:iam::222222222222:role/Travel'],
      'Travel',
    ],
  ])('%s include %s, if its own policies allow everything', ([verdict, , readers, name]) => {
    expect(canRead(deployRefresher({ readers }), roleArn(name), EVERYTHING)).toBe(verdict === 'may');
  });

  test('need permissions in their own policies too', () => {
    const stack = deployRefresher({ readers: [roleArn('Travel'), '*'] });
    const parameterOnly: Statement = { Effect: 'Allow', Action: 'ssm:*', Resource: PARAMETER };
    expect(canRead(stack, roleArn('Travel'), [parameterOnly])).toBe(false);
  });

  test('cannot use the key for anything else', () => {
    const stack = deployRefresher({ readers: ['*'] });
    const key = stack.arn('AWS::KMS::Key');
    const request = { principal: roleArn('Travel'), resource: key };
    for (const [action, context] of [
      ['kms:Decrypt', {}],
      ['kms:Decrypt', viaSsm(`${PARAMETER}2`)],
      ['kms:Encrypt', viaSsm(PARAMETER)],
      ['kms:CreateGrant', viaSsm(PARAMETER)],
    ] as const)
      expect(stack.allows({ ...request, action, context }, EVERYTHING)).toBe(false);
  });

  test.for([
    ['an ARN of another service', `arn:aws:s3:::bucket`],
    ['a wildcard for all accounts', 'arn:aws:iam::*:role/Travel'],
    ['a name', 'Travel'],
    ['the account itself', `arn:aws:iam::${ACCOUNT}:root`],
  ])('cannot be %s', ([, reader]) => {
    expect(() => deployRefresher({ readers: [reader ?? ''] })).toThrow(
      /^TokenRefresher\.readers\[0\]: found /,
    );
  });

  test('cannot be combined with encryptionKey', () => {
    const stack = new Stack(newApp(), 'Test');
    const encryptionKey = new Key(stack, 'Key');
    expect(() => newRefresher(stack, { encryptionKey, readers: ['*'] })).toThrow(
      /^TokenRefresher\.readers: found .*encryptionKey/,
    );
  });
});

describe('grantRead for a role of another stack', () => {
  const acrossStacks = (makeReader: (stack: Stack) => Role, readers: readonly string[] = []) => {
    const app = newApp();
    const stacks = { refresher: new Stack(app, 'Test'), consumer: new Stack(app, 'Consumer') };
    const reader = makeReader(stacks.consumer);
    const bystander = new Role(stacks.consumer, 'Bystander', { assumedBy: LAMBDA });
    newRefresher(stacks.refresher, { readers }).grantRead(reader);
    const deployedBoth = deployedStacks(Object.values(stacks));
    return { deployedBoth, bystander: deployedBoth.arn('AWS::IAM::Role', /^Bystander/), node: bystander };
  };

  test.for<[string, { roleName?: string; path?: string }, string]>([
    ['whose name CloudFormation chooses', {}, 'Reader'],
    ['with a roleName', { roleName: 'named', path: '/travel/' }, 'Reader'],
  ])('%s lets only that role read', ([, props]) => {
    const { deployedBoth, bystander } = acrossStacks(
      (stack) => new Role(stack, 'Reader', { assumedBy: LAMBDA, ...props }),
    );
    expect(canRead(deployedBoth, deployedBoth.arn('AWS::IAM::Role', /^Reader/))).toBe(true);
    const decrypting = { action: 'kms:Decrypt', resource: deployedBoth.arn('AWS::KMS::Key') };
    const principal = deployedBoth.arn('AWS::IAM::Role', /^Reader/);
    for (const context of [{}, viaSsm(`${PARAMETER}2`)])
      expect(deployedBoth.allows({ ...decrypting, principal, context }, EVERYTHING)).toBe(false);
    expect(canRead(deployedBoth, bystander)).toBe(false);
    expect(canRead(deployedBoth, bystander, EVERYTHING)).toBe(false);
    expect(canRead(deployedBoth, roleArn('PowerUser'), POWER_USER)).toBe(false);
  });

  test('that is imported by its ARN lets only that role read', () => {
    const app = newApp();
    const stack = new Stack(app, 'Test');
    const imported = Role.fromRoleArn(new Stack(app, 'Consumer'), 'Imported', roleArn('imported'));
    newRefresher(stack).grantRead(imported);
    expect(canRead(deploy(stack), roleArn('imported'), EVERYTHING)).toBe(true);
    expect(canRead(deploy(stack), roleArn('other'), EVERYTHING)).toBe(false);
  });

  test('that cannot be named or tagged fails, unless readers may match it', () => {
    const app = newApp();
    const consumer = new Stack(app, 'Consumer');
    const imported = Role.fromRoleArn(consumer, 'Imported', Fn.importValue('role'));
    expect(() => newRefresher(new Stack(app, 'A')).grantRead(imported)).toThrow(/property readers/);
    const readers = [roleArn('service-*')];
    expect(() => newRefresher(new Stack(app, 'B'), { readers }).grantRead(imported)).not.toThrow();
  });
});

test('after parameterName changes, the deployment function may still remove the old parameter', () => {
  const before = new Stack(newApp(), 'Test');
  const former = newRefresher(before, { parameterName: '/app/former' });
  // CloudFormation deletes replaced resources after the update, so the old policy is still attached.
  const template = Template.fromStack(before).toJSON().Resources as Resources;
  const [policy] = Object.entries(template).filter(([id]) => id.startsWith('RefresherTokenRemovalPolicy'));
  const { PolicyDocument } = resolveFunctions(policy?.[1].Properties ?? {}, template) as {
    PolicyDocument: { Statement: Statement[] };
  };
  const deployed = deployRefresher();
  const principal = deployed.arn('AWS::IAM::Role', /DeploymentFunctionRole/);
  const parameter = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${former.parameterName}`;
  expect(canRead(deployed, principal, PolicyDocument.Statement, parameter)).toBe(true);
  expect(canRead(deployed, principal, [], parameter)).toBe(false);
});

test('with encryptionKey, the policy of that key decides', () => {
  const stack = new Stack(newApp(), 'Test');
  newRefresher(stack, { encryptionKey: new Key(stack, 'Key') }).grantRead(
    new Role(stack, 'Reader', { assumedBy: LAMBDA }),
  );
  const own = deploy(stack);
  expect(canRead(own, own.arn('AWS::IAM::Role', /^Reader/))).toBe(true);
  expect(canRead(own, own.arn('AWS::IAM::Role', /RefresherFunctionRole/))).toBe(true);
});
