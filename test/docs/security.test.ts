import { readFile } from 'node:fs/promises';
import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { deployedStacks } from '../support/deployed-stack.ts';
import { synthesizeExample } from '../support/document-examples.ts';
import { isAllowed, type Statement } from '../support/policy-evaluation.ts';
import { DELEGATES_TO_IAM, EVERYTHING, roleArn, viaSsm } from '../support/refresher-stack.ts';
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

const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:spotnana/credentials-AbCdEf`;
const PARAMETER = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/spotnana/access-token`;
const throughSecretsManager = (SecretARN: string) => ({
  'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
  'kms:EncryptionContext:SecretARN': SecretARN,
});
const KMS_CONTEXTS = {
  'through Parameter Store': viaSsm(PARAMETER),
  'through Parameter Store for another parameter': viaSsm(`${PARAMETER}2`),
  'through Secrets Manager': throughSecretsManager(SECRET),
  'through Secrets Manager for another secret': throughSecretsManager(SECRET.replace('AbCdEf', 'GhIjKl')),
  directly: {},
};

const importedKey = (id: string) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`;
describe.for<[string, (stack: Stack) => (id: string) => IKey]>([
  ['of the same stack', (stack) => (id) => new Key(stack, id)],
  [
    'of another stack',
    (stack) => {
      const other = new Stack(App.of(stack) as App, 'Keys', { env: stack });
      return (id) => new Key(other, id);
    },
  ],
  ['imported by their ARNs', (stack) => (id) => Key.fromKeyArn(stack, id, importedKey(id))],
])('the example for customer-managed keys, with keys %s', async ([, keysIn]) => {
  const stacks: Stack[] = [];
  await synthesize('secretKey', (stack) => {
    const newKey = keysIn(stack);
    const names = { tokenKey: newKey('TokenKey'), secretKey: newKey('SecretKey') };
    stacks.push(...stack.node.root.node.children.filter(Stack.isStack));
    return names;
  });
  const outside = {
    [importedKey('TokenKey')]: [DELEGATES_TO_IAM],
    [importedKey('SecretKey')]: [DELEGATES_TO_IAM],
  };
  const deployed = deployedStacks(stacks, outside);
  const isOwned = stacks.some(({ node }) => node.tryFindChild('TokenKey') instanceof Key);
  const keyArn = (id: string) =>
    isOwned ? deployed.arn('AWS::KMS::Key', new RegExp(`^${id}`)) : importedKey(id);

  test.for<['may' | 'may not', string, string, string, keyof typeof KMS_CONTEXTS]>([
    ['may', 'FunctionRole', 'kms:Decrypt', 'TokenKey', 'through Parameter Store'],
    ['may', 'FunctionRole', 'kms:Encrypt', 'TokenKey', 'through Parameter Store'],
    ['may not', 'FunctionRole', 'kms:Decrypt', 'TokenKey', 'through Parameter Store for another parameter'],
    ['may not', 'FunctionRole', 'kms:Decrypt', 'TokenKey', 'through Secrets Manager'],
    ['may not', 'FunctionRole', 'kms:Decrypt', 'TokenKey', 'directly'],
    ['may', 'FunctionRole', 'kms:Decrypt', 'SecretKey', 'through Secrets Manager'],
    ['may not', 'FunctionRole', 'kms:Decrypt', 'SecretKey', 'through Secrets Manager for another secret'],
    ['may not', 'FunctionRole', 'kms:Decrypt', 'SecretKey', 'through Parameter Store'],
    ['may not', 'FunctionRole', 'kms:Decrypt', 'SecretKey', 'directly'],
    ['may not', 'FunctionRole', 'kms:Encrypt', 'SecretKey', 'through Secrets Manager'],
    ['may', 'DeploymentFunctionRole', 'kms:Decrypt', 'TokenKey', 'through Parameter Store'],
    ['may not', 'DeploymentFunctionRole', 'kms:Decrypt', 'SecretKey', 'through Secrets Manager'],
    ['may not', 'ScheduleRole', 'kms:Decrypt', 'TokenKey', 'through Parameter Store'],
    ['may not', 'ScheduleRole', 'kms:Decrypt', 'SecretKey', 'through Secrets Manager'],
  ])('%s: the %s, %s on the %s %s', ([verdict, role, action, key, how]) => {
    const principal = deployed.arn('AWS::IAM::Role', new RegExp(`^Spotnana${role}`));
    const request = { principal, action, resource: keyArn(key), context: KMS_CONTEXTS[how] };
    expect(deployed.allows(request)).toBe(verdict === 'may');
  });
});

describe('the statement for a key policy that does not delegate to IAM', async () => {
  const page = await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8');
  const [text = ''] = /(?<=```json\n)[\s\S]*?(?=```)/.exec(page) ?? [];
  const statement: Statement = JSON.parse(text);

  test.for<['lets' | 'does not let', string, keyof typeof KMS_CONTEXTS]>([
    ['lets', 'RefresherFunctionRole7DE99F-1A2B3C4D5E6F', 'through Secrets Manager'],
    [
      'does not let',
      'RefresherFunctionRole7DE99F-1A2B3C4D5E6F',
      'through Secrets Manager for another secret',
    ],
    ['does not let', 'RefresherFunctionRole7DE99F-1A2B3C4D5E6F', 'through Parameter Store'],
    ['does not let', 'RefresherFunctionRole7DE99F-1A2B3C4D5E6F', 'directly'],
    ['does not let', 'RefresherDeploymentFunctionRole9B-1A2B3C4D5E6F', 'through Secrets Manager'],
  ])('%s the role %s decrypt %s', ([verdict, name, how]) => {
    const request = {
      principal: roleArn(`TokenRefresher-spotnana-${name}`),
      action: 'kms:Decrypt',
      resource: importedKey('SecretKey'),
      context: KMS_CONTEXTS[how],
    };
    expect(isAllowed(request, { identity: EVERYTHING, resource: [statement] })).toBe(verdict === 'lets');
  });

  test('lets no other role of the account decrypt', () => {
    const request = {
      principal: roleArn('PowerUser'),
      action: 'kms:Decrypt',
      resource: importedKey('SecretKey'),
      context: KMS_CONTEXTS['through Secrets Manager'],
    };
    expect(isAllowed(request, { identity: EVERYTHING, resource: [statement] })).toBe(false);
  });
});
