import { App, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { TokenRefresher, type TokenRefresherProps } from '../../../infra/construct/token-refresher.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import { type DeployedStack, deployedStack } from '../../support/deployed-stack.ts';
import { isAllowed, type Statement } from '../../support/policy-evaluation.ts';
import { ACCOUNT, REGION, type Resources, resolveFunctions } from '../../support/resolve-template.ts';

const REQUIRED = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const LAMBDA = new ServicePrincipal('lambda.amazonaws.com');
const newApp = () => new App({ context: { 'aws:cdk:bundling-stacks': [] } });
const newRefresher = (stack: Stack, props: Partial<TokenRefresherProps> = {}) =>
  new TokenRefresher(stack, 'Refresher', { ...REQUIRED, ...props });
const deploy = (stack: Stack) => deployedStack(Template.fromStack(stack).toJSON().Resources);
const build = (props: Partial<TokenRefresherProps> = {}): DeployedStack => {
  const stack = new Stack(newApp(), 'Test');
  const refresher = newRefresher(stack, props);
  refresher.grantRead(new Role(stack, 'Reader', { assumedBy: LAMBDA }));
  refresher.grantReport(new Role(stack, 'Reporter', { assumedBy: LAMBDA }));
  return deploy(stack);
};

const PARAMETER = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/app/token`;
const role = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** What somebody in the account may have been given, by a broad policy of its own. */
const EVERYTHING: readonly Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
const POWER_USER: readonly Statement[] = [
  { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
];

const viaSsm = (parameter: string) => ({
  'kms:ViaService': `ssm.${REGION}.amazonaws.com`,
  'kms:EncryptionContext:PARAMETER_ARN': parameter,
});
const CONTEXTS = {
  directly: {},
  'for its parameter': viaSsm(PARAMETER),
  'for another parameter': viaSsm(`${PARAMETER}2`),
  'without an encryption context': { 'kms:ViaService': `ssm.${REGION}.amazonaws.com` },
  'with its encryption context, directly': { 'kms:EncryptionContext:PARAMETER_ARN': PARAMETER },
  'through Secrets Manager': {
    ...viaSsm(PARAMETER),
    'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
  },
  'without TLS': { 'aws:SecureTransport': 'false' },
} as const;

const deployed = build();
const PRINCIPALS = {
  'the refresher': [deployed.arn('AWS::IAM::Role', /RefresherFunctionRole/), []],
  'the deployment function': [deployed.arn('AWS::IAM::Role', /DeploymentFunctionRole/), []],
  'the schedule': [deployed.arn('AWS::IAM::Role', /ScheduleRole/), []],
  'a reader': [deployed.arn('AWS::IAM::Role', /^Reader/), []],
  'a reporter': [deployed.arn('AWS::IAM::Role', /^Reporter/), []],
  'a power user': [role('PowerUser'), POWER_USER],
  'an administrator': [role('Administrator'), EVERYTHING],
} as const satisfies Record<string, readonly [string, readonly Statement[]]>;
const RESOURCES = {
  'its parameter': PARAMETER,
  'its claim': `${PARAMETER}.claim`,
  'another parameter': `${PARAMETER}2`,
  'all parameters': `arn:aws:ssm:${REGION}:${ACCOUNT}:*`,
  'its secret': deployed.arn('AWS::SecretsManager::Secret'),
  'another secret': `${deployed.arn('AWS::SecretsManager::Secret')}2`,
  'all secrets': '*',
  'its key': deployed.arn('AWS::KMS::Key'),
  'another key': `arn:aws:kms:${REGION}:${ACCOUNT}:key/other`,
  'the refresher': deployed.arn('AWS::Lambda::Function', /^RefresherFunction/),
  'a version of the refresher': `${deployed.arn('AWS::Lambda::Function', /^RefresherFunction/)}:1`,
  'the deployment function': deployed.arn('AWS::Lambda::Function', /Deployment/),
  'the queue': deployed.arn('AWS::SQS::Queue'),
  'its logs': deployed.arn('AWS::Logs::LogGroup', /RefresherFunctionLogs/),
  "the deployment function's logs": deployed.arn('AWS::Logs::LogGroup', /DeploymentFunctionLogs/),
  "the schedule's role": deployed.arn('AWS::IAM::Role', /ScheduleRole/),
  "the refresher's role": deployed.arn('AWS::IAM::Role', /RefresherFunctionRole/),
} as const;

type Case = readonly [
  who: keyof typeof PRINCIPALS,
  verdict: 'may' | 'may not',
  action: string,
  on: keyof typeof RESOURCES,
  how?: keyof typeof CONTEXTS,
];
const CASES: readonly Case[] = [
  ['the refresher', 'may', 'ssm:GetParameter', 'its parameter'],
  ['the refresher', 'may', 'ssm:PutParameter', 'its parameter'],
  ['the refresher', 'may', 'ssm:GetParameter', 'its claim'],
  ['the refresher', 'may', 'ssm:PutParameter', 'its claim'],
  ['the refresher', 'may not', 'ssm:GetParameter', 'another parameter'],
  ['the refresher', 'may not', 'ssm:PutParameter', 'another parameter'],
  ['the refresher', 'may not', 'ssm:DeleteParameter', 'its parameter'],
  ['the refresher', 'may not', 'ssm:GetParameterHistory', 'its parameter'],
  ['the refresher', 'may not', 'ssm:GetParametersByPath', 'its parameter'],
  ['the refresher', 'may not', 'ssm:LabelParameterVersion', 'its parameter'],
  ['the refresher', 'may not', 'ssm:DescribeParameters', 'all parameters'],
  ['the refresher', 'may', 'secretsmanager:GetSecretValue', 'its secret'],
  ['the refresher', 'may', 'secretsmanager:DescribeSecret', 'its secret'],
  ['the refresher', 'may not', 'secretsmanager:GetSecretValue', 'another secret'],
  ['the refresher', 'may not', 'secretsmanager:PutSecretValue', 'its secret'],
  ['the refresher', 'may not', 'secretsmanager:ListSecretVersionIds', 'its secret'],
  ['the refresher', 'may not', 'secretsmanager:ListSecrets', 'all secrets'],
  ['the refresher', 'may', 'kms:Decrypt', 'its key', 'for its parameter'],
  ['the refresher', 'may', 'kms:Encrypt', 'its key', 'for its parameter'],
  ['the refresher', 'may', 'kms:GenerateDataKey', 'its key', 'for its parameter'],
  ['the refresher', 'may not', 'kms:Decrypt', 'its key', 'for another parameter'],
  ['the refresher', 'may not', 'kms:Encrypt', 'its key', 'for another parameter'],
  ['the refresher', 'may not', 'kms:Decrypt', 'its key', 'without an encryption context'],
  ['the refresher', 'may not', 'kms:Decrypt', 'its key', 'with its encryption context, directly'],
  ['the refresher', 'may not', 'kms:Decrypt', 'its key', 'through Secrets Manager'],
  ['the refresher', 'may not', 'kms:Decrypt', 'its key', 'directly'],
  ['the refresher', 'may not', 'kms:Decrypt', 'another key', 'for its parameter'],
  ['the refresher', 'may not', 'kms:CreateGrant', 'its key', 'for its parameter'],
  ['the refresher', 'may not', 'kms:DescribeKey', 'its key'],
  ['the refresher', 'may', 'sqs:SendMessage', 'the queue'],
  ['the refresher', 'may not', 'sqs:SendMessage', 'the queue', 'without TLS'],
  ['the refresher', 'may not', 'sqs:ReceiveMessage', 'the queue'],
  ['the refresher', 'may not', 'sqs:GetQueueAttributes', 'the queue'],
  ['the refresher', 'may', 'logs:PutLogEvents', 'its logs'],
  ['the refresher', 'may not', 'logs:PutLogEvents', "the deployment function's logs"],
  ['the refresher', 'may not', 'logs:GetLogEvents', 'its logs'],
  ['the refresher', 'may not', 'lambda:InvokeFunction', 'the refresher'],

  ['the deployment function', 'may', 'lambda:InvokeFunction', 'the refresher'],
  ['the deployment function', 'may not', 'lambda:InvokeFunction', 'the deployment function'],
  ['the deployment function', 'may', 'ssm:GetParameter', 'its parameter'],
  ['the deployment function', 'may', 'ssm:DeleteParameter', 'its parameter'],
  ['the deployment function', 'may not', 'ssm:PutParameter', 'its parameter'],
  ['the deployment function', 'may not', 'ssm:DeleteParameter', 'another parameter'],
  ['the deployment function', 'may', 'kms:Decrypt', 'its key', 'for its parameter'],
  ['the deployment function', 'may not', 'kms:Decrypt', 'its key', 'for another parameter'],
  ['the deployment function', 'may not', 'kms:Decrypt', 'its key', 'directly'],
  ['the deployment function', 'may not', 'kms:Encrypt', 'its key', 'for its parameter'],
  ['the deployment function', 'may', 'secretsmanager:DescribeSecret', 'its secret'],
  ['the deployment function', 'may not', 'secretsmanager:GetSecretValue', 'its secret'],

  ['the schedule', 'may', 'lambda:InvokeFunction', 'the refresher'],
  ['the schedule', 'may not', 'lambda:InvokeFunction', 'a version of the refresher'],
  ['the schedule', 'may not', 'lambda:InvokeFunction', 'the deployment function'],
  ['the schedule', 'may', 'sqs:SendMessage', 'the queue'],
  ['the schedule', 'may not', 'sqs:ReceiveMessage', 'the queue'],
  ['the schedule', 'may not', 'ssm:GetParameter', 'its parameter'],

  ['a reader', 'may', 'ssm:GetParameter', 'its parameter'],
  ['a reader', 'may', 'kms:Decrypt', 'its key', 'for its parameter'],
  ['a reader', 'may not', 'ssm:GetParameter', 'another parameter'],
  ['a reader', 'may not', 'ssm:GetParameter', 'its claim'],
  ['a reader', 'may not', 'ssm:PutParameter', 'its claim'],
  ['a reader', 'may not', 'ssm:GetParameters', 'its parameter'],
  ['a reader', 'may not', 'ssm:GetParameterHistory', 'its parameter'],
  ['a reader', 'may not', 'ssm:PutParameter', 'its parameter'],
  ['a reader', 'may not', 'ssm:DeleteParameter', 'its parameter'],
  ['a reader', 'may not', 'ssm:DescribeParameters', 'all parameters'],
  ['a reader', 'may not', 'kms:Decrypt', 'its key', 'for another parameter'],
  ['a reader', 'may not', 'kms:Decrypt', 'its key', 'directly'],
  ['a reader', 'may not', 'kms:Encrypt', 'its key', 'for its parameter'],
  ['a reader', 'may not', 'secretsmanager:GetSecretValue', 'its secret'],
  ['a reader', 'may not', 'lambda:InvokeFunction', 'the refresher'],

  ['a reporter', 'may', 'lambda:InvokeFunction', 'the refresher'],
  ['a reporter', 'may not', 'lambda:InvokeFunction', 'a version of the refresher'],
  ['a reporter', 'may not', 'lambda:InvokeFunction', 'the deployment function'],
  ['a reporter', 'may not', 'lambda:GetFunctionConfiguration', 'the refresher'],
  ['a reporter', 'may not', 'ssm:GetParameter', 'its parameter'],
  ['a reporter', 'may not', 'kms:Decrypt', 'its key', 'for its parameter'],

  ['a power user', 'may', 'ssm:GetParameter', 'its parameter'],
  ['a power user', 'may not', 'kms:Decrypt', 'its key', 'for its parameter'],
  ['a power user', 'may not', 'kms:Decrypt', 'its key', 'directly'],
  ['a power user', 'may not', 'kms:CreateGrant', 'its key'],
  // Out of scope, as SECURITY.md says.
  ['a power user', 'may', 'kms:PutKeyPolicy', 'its key'],
  ['a power user', 'may', 'lambda:UpdateFunctionCode', 'the refresher'],
  ['a power user', 'may', 'secretsmanager:GetSecretValue', 'its secret'],
  ['a power user', 'may', 'ssm:PutParameter', 'its parameter'],
  ['a power user', 'may not', 'sqs:ReceiveMessage', 'the queue', 'without TLS'],
  ['an administrator', 'may', 'kms:PutKeyPolicy', 'its key'],
  ['an administrator', 'may', 'kms:ScheduleKeyDeletion', 'its key'],
  ['an administrator', 'may', 'kms:EnableKeyRotation', 'its key'],
  ['an administrator', 'may not', 'kms:Decrypt', 'its key', 'for its parameter'],
  ['an administrator', 'may not', 'kms:Encrypt', 'its key', 'for its parameter'],
  ['an administrator', 'may not', 'kms:ReEncryptFrom', 'its key'],
  ['an administrator', 'may not', 'kms:CreateGrant', 'its key', 'for its parameter'],
  ['an administrator', 'may not', 'sts:AssumeRole', "the refresher's role"],
];

describe('once it is deployed', () => {
  test.for(CASES.map((row) => [row.join(' '), ...row] as const))(
    '%s',
    ([, who, verdict, action, on, how = 'directly']) => {
      const [principal, more] = PRINCIPALS[who];
      const request = { principal, action, resource: RESOURCES[on], context: CONTEXTS[how] };
      expect(deployed.allows(request, more)).toBe(verdict === 'may');
    },
  );
});

describe("the schedule's role", () => {
  const group = deployed.arn('AWS::Scheduler::ScheduleGroup');
  const own = { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': group };

  test.for<['may' | 'may not', string, string, Record<string, string>]>([
    ['may', 'the Scheduler for its own group', 'scheduler.amazonaws.com', own],
    ['may not', 'another service', 'events.amazonaws.com', own],
    ['may not', 'a function', 'lambda.amazonaws.com', own],
    [
      'may not',
      'the Scheduler for another account',
      'scheduler.amazonaws.com',
      { ...own, 'aws:SourceAccount': '222222222222' },
    ],
    [
      'may not',
      'the Scheduler for another group',
      'scheduler.amazonaws.com',
      { ...own, 'aws:SourceArn': `${group}2` },
    ],
    ['may not', 'the Scheduler for nobody', 'scheduler.amazonaws.com', {}],
  ])('%s be assumed by %s', ([verdict, , principal, context]) => {
    const request = {
      principal,
      action: 'sts:AssumeRole',
      resource: RESOURCES["the schedule's role"],
      context,
    };
    expect(deployed.allows(request)).toBe(verdict === 'may');
  });
});

/** Whether the principal gets the token: reads the parameter and has it decrypted. */
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
    ['may', 'who is named', [role('Travel')], 'Travel'],
    ['may', 'whom a wildcard matches', [role('sso/*/Travel-*')], 'sso/eu/Travel-1'],
    ['may', 'anybody where the account decides', ['*'], 'Anybody'],
    ['may not', 'who is not named', [role('Travel')], 'Travel2'],
    ['may not', 'anybody by default', [], 'Anybody'],
    ['may not', 'the same name in another account', ['arn:aws:iam::222222222222:role/Travel'], 'Travel'],
  ])('%s be %s, where its own policies allow everything', ([verdict, , readers, name]) => {
    expect(canRead(build({ readers }), role(name), EVERYTHING)).toBe(verdict === 'may');
  });

  test('need their own permission besides', () => {
    const stack = build({ readers: [role('Travel'), '*'] });
    const parameterOnly: Statement = { Effect: 'Allow', Action: 'ssm:*', Resource: PARAMETER };
    expect(canRead(stack, role('Travel'), [parameterOnly])).toBe(false);
  });

  test('get no other use of the key', () => {
    const stack = build({ readers: ['*'] });
    const key = stack.arn('AWS::KMS::Key');
    const request = { principal: role('Travel'), resource: key };
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
    expect(() => build({ readers: [reader ?? ''] })).toThrow(/readers cannot be used/);
  });

  test("cannot be given with somebody else's key", () => {
    const stack = new Stack(newApp(), 'Test');
    const encryptionKey = new Key(stack, 'Key');
    expect(() => newRefresher(stack, { encryptionKey, readers: ['*'] })).toThrow(/that key's policy decides/);
  });
});

describe('grantRead to a role of another stack', () => {
  const acrossStacks = (makeReader: (stack: Stack) => Role, readers: readonly string[] = []) => {
    const app = newApp();
    const stacks = { refresher: new Stack(app, 'Test'), consumer: new Stack(app, 'Consumer') };
    const reader = makeReader(stacks.consumer);
    const bystander = new Role(stacks.consumer, 'Bystander', { assumedBy: LAMBDA });
    newRefresher(stacks.refresher, { readers }).grantRead(reader);
    const { Resources: own, Outputs } = Template.fromStack(stacks.refresher).toJSON();
    const { Resources: others } = Template.fromStack(stacks.consumer).toJSON();
    const imports = Object.values(
      Outputs as Record<string, { Value: unknown; Export: { Name: string } }>,
    ).map(({ Value, Export }) => [Export.Name, resolveFunctions(Value, own)]);
    const all: Resources = { ...own, ...others };
    const deployedBoth = deployedStack(all, Object.fromEntries(imports));
    return { deployedBoth, bystander: deployedBoth.arn('AWS::IAM::Role', /^Bystander/), node: bystander };
  };

  test.for<[string, { roleName?: string; path?: string }, string]>([
    ['that has CloudFormation choose its name', {}, 'Reader'],
    ['with a name of its own', { roleName: 'named', path: '/travel/' }, 'Reader'],
  ])('%s lets it read, and nobody else', ([, props]) => {
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
    expect(canRead(deployedBoth, role('PowerUser'), POWER_USER)).toBe(false);
  });

  test('that was imported by its ARN lets it read', () => {
    const app = newApp();
    const stack = new Stack(app, 'Test');
    const imported = Role.fromRoleArn(new Stack(app, 'Consumer'), 'Imported', role('imported'));
    newRefresher(stack).grantRead(imported);
    expect(canRead(deploy(stack), role('imported'), EVERYTHING)).toBe(true);
    expect(canRead(deploy(stack), role('other'), EVERYTHING)).toBe(false);
  });

  test('that nobody can name or tag is refused, unless the readers may cover it', () => {
    const app = newApp();
    const consumer = new Stack(app, 'Consumer');
    const imported = Role.fromRoleArn(consumer, 'Imported', Fn.importValue('role'));
    expect(() => newRefresher(new Stack(app, 'A')).grantRead(imported)).toThrow(/in readers/);
    const readers = [role('service-*')];
    expect(() => newRefresher(new Stack(app, 'B'), { readers }).grantRead(imported)).not.toThrow();
  });
});

test('another name of the parameter still lets the deployment function remove the former one', () => {
  const before = new Stack(newApp(), 'Test');
  const former = newRefresher(before, { parameterName: '/app/former' });
  // CloudFormation deletes what a change makes superfluous only after the change, the former policy among it.
  const template = Template.fromStack(before).toJSON().Resources as Resources;
  const [policy] = Object.entries(template).filter(([id]) => id.startsWith('RefresherTokenRemovalPolicy'));
  const { PolicyDocument } = resolveFunctions(policy?.[1].Properties ?? {}, template) as {
    PolicyDocument: { Statement: Statement[] };
  };
  const principal = PRINCIPALS['the deployment function'][0];
  const parameter = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${former.parameterName}`;
  expect(canRead(deployed, principal, PolicyDocument.Statement, parameter)).toBe(true);
  expect(canRead(deployed, principal, [], parameter)).toBe(false);
});

test("with the user's own key, that key's policy decides", () => {
  const stack = new Stack(newApp(), 'Test');
  newRefresher(stack, { encryptionKey: new Key(stack, 'Key') }).grantRead(
    new Role(stack, 'Reader', { assumedBy: LAMBDA }),
  );
  const own = deploy(stack);
  expect(canRead(own, own.arn('AWS::IAM::Role', /^Reader/))).toBe(true);
  expect(canRead(own, own.arn('AWS::IAM::Role', /RefresherFunctionRole/))).toBe(true);
});

describe('the topic of the alarms', () => {
  const settings = readSettings({
    refreshers: { app: { ...REQUIRED, notificationEmail: 'travel@example.com' } },
  }).get('app');
  if (settings === undefined) throw new Error('no settings');
  const stack = deploy(new RefresherStack(newApp(), 'Test', settings));
  const resource = stack.arn('AWS::SNS::Topic');
  const alarm = {
    'aws:SourceAccount': ACCOUNT,
    'aws:SourceArn': `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:any`,
  };

  test.for<['takes' | 'refuses', string, string, Record<string, string>]>([
    ['takes', "the account's alarms", 'cloudwatch.amazonaws.com', alarm],
    [
      'refuses',
      'alarms of another account',
      'cloudwatch.amazonaws.com',
      { ...alarm, 'aws:SourceAccount': '2' },
    ],
    ['refuses', 'alarms of nobody', 'cloudwatch.amazonaws.com', {}],
    ['refuses', 'another service', 'events.amazonaws.com', alarm],
    [
      'refuses',
      'what comes without TLS',
      'cloudwatch.amazonaws.com',
      { ...alarm, ...CONTEXTS['without TLS'] },
    ],
  ])('%s %s', ([verdict, , principal, context]) => {
    expect(stack.allows({ principal, action: 'sns:Publish', resource, context })).toBe(verdict === 'takes');
  });
});

describe('in a VPC', () => {
  const stack = new Stack(newApp(), 'Test', { env: { account: ACCOUNT, region: REGION } });
  newRefresher(stack, { vpc: new Vpc(stack, 'Vpc') as IVpc });
  const inVpc = deploy(stack);
  const principal = inVpc.arn('AWS::IAM::Role', /RefresherFunctionRole/);

  test('both functions run in its private subnets', () => {
    const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
    const subnets = functions.map(({ Properties }) => JSON.stringify(Properties.VpcConfig?.SubnetIds));
    expect(subnets).toEqual([expect.stringMatching(/Private/), expect.stringMatching(/Private/)]);
  });

  test("Lambda may make the function's network interfaces, and the function's code may not", () => {
    const request = { principal, action: 'ec2:CreateNetworkInterface', resource: '*' };
    const byCode = { 'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:any` };
    expect(inVpc.allows(request)).toBe(true);
    expect(inVpc.allows({ ...request, context: byCode })).toBe(false);
    expect(inVpc.allows({ ...request, context: byCode }, EVERYTHING)).toBe(false);
  });
});

describe('the evaluation itself', () => {
  const request = { principal: role('a'), action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key' };
  const allow = (more: Partial<Statement>): Statement => ({ Effect: 'Allow', ...more });
  const all = allow({ Action: '*', Resource: '*' });
  const byAccount: Statement = { ...all, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } };
  const byName: Statement = { ...all, Principal: { AWS: role('a') } };
  const kms = { ...request, action: 'kms:Decrypt' };

  test.for<[boolean, string, Parameters<typeof isAllowed>]>([
    [false, 'no statement', [request, { identity: [] }]],
    [true, 'an action in other case', [request, { identity: [allow({ Action: 'S3:get*', Resource: '*' })] }]],
    [false, 'an action that goes on', [request, { identity: [allow({ Action: 's3:Get', Resource: '*' })] }]],
    [
      false,
      'NotAction of the action',
      [request, { identity: [allow({ NotAction: 's3:*', Resource: '*' })] }],
    ],
    [true, 'NotAction of others', [request, { identity: [allow({ NotAction: 'iam:*', Resource: '*' })] }]],
    [
      false,
      'NotResource of it',
      [request, { identity: [allow({ Action: '*', NotResource: 'arn:aws:s3:::bucket/*' })] }],
    ],
    [
      true,
      '? for one character',
      [request, { identity: [allow({ Action: '*', Resource: 'arn:aws:s3:::bucke?/key' })] }],
    ],
    [false, 'a denial besides', [request, { identity: [all, { ...all, Effect: 'Deny' }] }]],
    [
      false,
      'a denial by the resource',
      [request, { identity: [all], resource: [{ ...byName, Effect: 'Deny' }] }],
    ],
    [true, 'the resource alone, by name', [request, { identity: [], resource: [byName] }]],
    [false, 'the resource alone, by account', [request, { identity: [], resource: [byAccount] }]],
    [false, 'a key policy that says nothing', [kms, { identity: [all], resource: [] }]],
    [true, 'a key policy for the account, and an own one', [kms, { identity: [all], resource: [byAccount] }]],
    [true, 'a key policy by name', [kms, { identity: [], resource: [byName] }]],
    [
      false,
      'a condition on what the request lacks',
      [request, { identity: [{ ...all, Condition: { StringEquals: { 'aws:x': 'y' } } }] }],
    ],
    [
      false,
      'a wildcard that would reach over a colon',
      [request, { identity: [{ ...all, Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:*:role/a' } } }] }],
    ],
  ])('answers %s for %s', ([verdict, , [asked, policies]]) => {
    expect(isAllowed(asked, policies)).toBe(verdict);
  });

  test('does not guess what it does not know', () => {
    const unknown = { ...all, Condition: { DateLessThan: { 'aws:CurrentTime': '2031-01-01' } } };
    expect(() => isAllowed(request, { identity: [unknown] })).toThrow(/DateLessThan/);
  });
});
