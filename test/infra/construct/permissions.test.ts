import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import type { Statement } from '../../support/policy-evaluation.ts';
import {
  deploy,
  deployRefresher,
  EVERYTHING,
  newApp,
  newRefresher,
  PARAMETER,
  POWER_USER,
  REQUIRED,
  roleArn,
  viaSsm,
} from '../../support/refresher-stack.ts';
import { ACCOUNT, REGION } from '../../support/resolve-template.ts';

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

const deployed = deployRefresher();
const PRINCIPALS = {
  'the refresher': [deployed.arn('AWS::IAM::Role', /RefresherFunctionRole/), []],
  'the deployment function': [deployed.arn('AWS::IAM::Role', /DeploymentFunctionRole/), []],
  'the schedule': [deployed.arn('AWS::IAM::Role', /ScheduleRole/), []],
  'a reader': [deployed.arn('AWS::IAM::Role', /^Reader/), []],
  'a reporter': [deployed.arn('AWS::IAM::Role', /^Reporter/), []],
  'a power user': [roleArn('PowerUser'), POWER_USER],
  'an administrator': [roleArn('Administrator'), EVERYTHING],
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
  ['the deployment function', 'may', 'ssm:GetParameter', 'its claim'],
  ['the deployment function', 'may not', 'ssm:PutParameter', 'its claim'],
  ['the deployment function', 'may not', 'ssm:DeleteParameter', 'its claim'],
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
  // Out of scope: see SECURITY.md.
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

describe('the policies of a deployed stack', () => {
  test.for(CASES.map((row) => [row.join(' '), ...row] as const))(
    'say that %s',
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
    ['may', 'Scheduler for its own group', 'scheduler.amazonaws.com', own],
    ['may not', 'another service', 'events.amazonaws.com', own],
    ['may not', 'a function', 'lambda.amazonaws.com', own],
    [
      'may not',
      'Scheduler for another account',
      'scheduler.amazonaws.com',
      { ...own, 'aws:SourceAccount': '222222222222' },
    ],
    [
      'may not',
      'Scheduler for another group',
      'scheduler.amazonaws.com',
      { ...own, 'aws:SourceArn': `${group}2` },
    ],
    ['may not', 'Scheduler without a source', 'scheduler.amazonaws.com', {}],
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

describe('the topic for the alarms', () => {
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

  test.for<['accepts' | 'rejects', string, string, Record<string, string>]>([
    ['accepts', "the account's alarms", 'cloudwatch.amazonaws.com', alarm],
    [
      'rejects',
      'alarms of another account',
      'cloudwatch.amazonaws.com',
      { ...alarm, 'aws:SourceAccount': '2' },
    ],
    ['rejects', 'alarms without a source', 'cloudwatch.amazonaws.com', {}],
    ['rejects', 'another service', 'events.amazonaws.com', alarm],
    ['rejects', 'requests without TLS', 'cloudwatch.amazonaws.com', { ...alarm, ...CONTEXTS['without TLS'] }],
  ])('%s %s', ([verdict, , principal, context]) => {
    expect(stack.allows({ principal, action: 'sns:Publish', resource, context })).toBe(verdict === 'accepts');
  });
});

describe('in a VPC', () => {
  const stack = new Stack(newApp(), 'Test', { env: { account: ACCOUNT, region: REGION } });
  newRefresher(stack, { vpc: new Vpc(stack, 'Vpc') as IVpc });
  const inVpc = deploy(stack);
  const principal = inVpc.arn('AWS::IAM::Role', /RefresherFunctionRole/);

  test('both functions run in the private subnets', () => {
    const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
    const subnets = functions.map(({ Properties }) => JSON.stringify(Properties.VpcConfig?.SubnetIds));
    expect(subnets).toEqual([expect.stringMatching(/Private/), expect.stringMatching(/Private/)]);
  });

  test.for([
    'AssignPrivateIpAddresses',
    'CreateNetworkInterface',
    'DeleteNetworkInterface',
    'DescribeNetworkInterfaces',
    'DescribeSubnets',
    'UnassignPrivateIpAddresses',
  ])("Lambda may call %s for the function, and the function's code may not", (action) => {
    const request = { principal, action: `ec2:${action}`, resource: '*' };
    const byCode = { 'lambda:SourceFunctionArn': `arn:aws:lambda:${REGION}:${ACCOUNT}:function:any` };
    expect(inVpc.allows(request)).toBe(true);
    expect(inVpc.allows({ ...request, context: byCode })).toBe(false);
    expect(inVpc.allows({ ...request, context: byCode }, EVERYTHING)).toBe(false);
  });
});
