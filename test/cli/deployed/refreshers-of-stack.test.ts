import { App, Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type Alarm, ComparisonOperator, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { describe, expect, test } from 'vitest';
import {
  type Refresher,
  refreshersOf,
  templateEnvironment,
} from '../../../cli/deployed/refreshers-of-stack.ts';
import { isComplete, parseTemplate, resolve } from '../../../cli/deployed/template.ts';
import { TokenRefresher } from '../../../infra/construct/token-refresher.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';

const ARN = 'arn:aws-cn:cloudformation:cn-north-1:123456789012:stack';
const tokenUrl = 'https://auth.example.com/token';
const newApp = () => new App({ context: { 'aws:cdk:bundling-stacks': [] } });

/** The refreshers of a stack whose resources have the physical ids `<logical id>-deployed`. */
function deployed(stack: Stack, arn = ARN): readonly Refresher[] {
  const template = parseTemplate(JSON.stringify(Template.fromStack(stack).toJSON()));
  if (template === undefined) throw new Error('the template cannot be read');
  return refreshersOf({
    stackId: `${arn}/${stack.stackName}/uuid`,
    template,
    physicalIds: new Map([...template.keys()].map((id) => [id, `${id}-deployed`])),
    parameters: new Map(),
  });
}

describe('the app of cdk.json', () => {
  const settings = readSettings({ refreshers: { sandbox: { tokenUrl, parameterName: '/a/token' } } });
  const [refresher] = deployed(
    new RefresherStack(newApp(), 'TokenRefresher-sandbox', settings.get('sandbox') as never),
  );

  test('has a refresher with the name in cdk.json and all its parts', () => {
    expect(refresher).toMatchObject({
      name: 'sandbox',
      stack: 'TokenRefresher-sandbox',
      parameterName: '/a/token',
      logGroup: { properties: { RetentionInDays: 30 } },
      credentials: { id: expect.stringContaining('Credentials') },
      encryptionKey: { id: expect.stringContaining('EncryptionKey') },
      deadLetterQueue: { id: expect.stringContaining('DeadLetterQueue') },
    });
  });

  test('leaves out the ARN of a secret that is known only by its name', () => {
    const statements = [...(refresher?.functionRole?.policies.values() ?? [])].flatMap(
      (policy) => (policy as { Statement: { Action: unknown; Resource: unknown }[] }).Statement,
    );
    const reading = statements.find(({ Action }) => String(Action).includes('GetSecretValue'));
    expect(reading).toMatchObject({ Resource: undefined });
    expect(templateEnvironment(refresher as Refresher)).not.toHaveProperty('CREDENTIALS_SECRET_ID');
  });

  test('resolves references as CloudFormation does, in every partition', () => {
    const functionArn = `arn:aws-cn:lambda:cn-north-1:123456789012:function:${refresher?.function.id}`;
    expect(refresher?.schedule?.properties).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: 'rate(5 minutes)',
      Target: {
        Arn: functionArn,
        RoleArn: `arn:aws-cn:iam::123456789012:role/${refresher?.scheduleRole?.id}`,
        DeadLetterConfig: { Arn: `arn:aws-cn:sqs:cn-north-1:123456789012:${refresher?.deadLetterQueue?.id}` },
      },
    });
    expect([...(refresher?.scheduleRole?.policies.values() ?? [])]).toMatchObject([
      { Statement: expect.arrayContaining([expect.objectContaining({ Resource: functionArn })]) },
    ]);
    expect(JSON.stringify([...(refresher?.functionRole?.policies.values() ?? [])])).toContain(
      '"kms:ViaService":["ssm.cn-north-1.amazonaws.com","ssm.cn-north-1.amazonaws.com.cn"]',
    );
    expect(refresher && templateEnvironment(refresher)).toMatchObject({
      TOKEN_URL: tokenUrl,
      TOKEN_PARAMETER_KEY_ID: `arn:aws-cn:kms:cn-north-1:123456789012:key/${refresher?.encryptionKey?.id}`,
    });
  });
});

describe.for([
  ['us-east-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['eusc-de-east-1', 'aws-eusc'],
])('in region %s of partition %s', ([region = '', partition = '']) => {
  const stack = new Stack(newApp(), 'Own', { env: { region } });
  const credentials = Secret.fromSecretNameV2(stack, 'Existing', 'existing/credentials');
  new TokenRefresher(stack, 'Refresher', { tokenUrl, parameterName: '/a', credentials });
  const [refresher] = deployed(stack, `arn:${partition}:cloudformation:${region}:123456789012:stack`);
  const policies = [
    refresher?.encryptionKey?.properties.KeyPolicy,
    refresher?.functionRole?.properties.AssumeRolePolicyDocument,
    refresher?.scheduleRole?.properties.AssumeRolePolicyDocument,
    ...(refresher?.functionRole?.policies.values() ?? []),
    ...(refresher?.scheduleRole?.policies.values() ?? []),
  ];
  const text = JSON.stringify(policies);

  test('every policy is known completely, so that doctor can compare it', () => {
    expect(policies.length).toBeGreaterThanOrEqual(5);
    expect(policies.map(isComplete)).toEqual(policies.map(() => true));
  });

  test('every ARN is of the partition, and the key is for calls through its Parameter Store', () => {
    const partitions = [...text.matchAll(/arn:([\w-]+):/g)].map(([, found]) => found);
    expect(new Set(partitions)).toEqual(new Set([partition]));
    const viaServices = [...text.matchAll(/"kms:ViaService":(\[.*?\]|".*?")/g)].map(
      ([, found = '']) => found,
    );
    expect(viaServices.length).toBeGreaterThan(0);
    for (const found of viaServices)
      expect(found).toContain(`ssm.${region}.${RegionInfo.get(region).domainSuffix}"`);
  });

  test('the other role that Lambda may use is that of the deployment function', () => {
    expect(refresher?.otherLambdaRoleArn).toMatch(
      new RegExp(`^arn:${partition}:iam::123456789012:role/\\w*DeploymentFunctionRole\\w*-deployed$`),
    );
  });
});

test('in an unknown partition, what names its domain is unknown', () => {
  const content = {
    stackId: 'arn:aws-new:cloudformation:new-region-1:123456789012:stack/Own/uuid',
    template: new Map(),
    physicalIds: new Map(),
    parameters: new Map(),
  };
  expect(resolve({ Ref: 'AWS::URLSuffix' }, content)).toBeUndefined();
  expect(resolve({ Ref: 'AWS::Partition' }, content)).toBe('aws-new');
});

describe('a stack of another app', () => {
  const stack = new Stack(newApp(), 'Own');
  const credentials = Secret.fromSecretNameV2(stack, 'Existing', 'existing/credentials');
  const encryptionKey = Key.fromKeyArn(stack, 'Imported', Fn.importValue('TheKey'));
  // These ids are prefixes or suffixes of the construct's own ids.
  new TokenRefresher(stack, 'TokenFunction', { tokenUrl, parameterName: '/one', credentials, encryptionKey });
  new TokenRefresher(stack, 'Schedule', { tokenUrl, parameterName: '/two' });
  const metric = (parameter: string) =>
    new Metric({ namespace: 'N', metricName: 'M', dimensionsMap: { parameter } });
  for (const name of ['/one', '/two', '/other']) {
    metric(name).createAlarm(stack, `Alarm${name}`, {
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    }) satisfies Alarm;
  }
  const [one, two, ...others] = deployed(stack);

  test('has refreshers named after their parameters, each with its own parts', () => {
    expect([one?.name, two?.name, others]).toEqual(['/one', '/two', []]);
    for (const refresher of [one, two]) {
      expect(JSON.stringify(refresher?.schedule?.properties.Target)).toContain(refresher?.function.id);
      expect(refresher?.eventInvokeConfig?.properties.FunctionName).toBe(refresher?.function.id);
      expect(refresher?.functionRole?.id).not.toBe(refresher?.scheduleRole?.id);
      expect(refresher?.functionRole?.policies.size).toBe(1);
    }
    expect(one?.schedule?.id).not.toBe(two?.schedule?.id);
    expect(one?.logGroup?.id).not.toBe(two?.logGroup?.id);
  });

  test('assigns each refresher the alarms that mention it', () => {
    const names = (refresher: Refresher | undefined) =>
      refresher?.alarms.map(({ logicalId }) => logicalId.replace(/[0-9A-F]{8}$/, '')).toSorted();
    const own = ['DeadLetters', 'RefreshFailing', 'Throttled', 'TokenExpiring'];
    expect(names(one)).toEqual(['Alarmone', ...own.map((name) => `TokenFunction${name}`)]);
    expect(names(two)).toEqual(['Alarmtwo', ...own.map((name) => `Schedule${name}`)]);
  });

  test('has no secret or key if both are imported', () => {
    expect([one?.credentials, one?.encryptionKey]).toEqual([undefined, undefined]);
    expect(one && templateEnvironment(one)).toMatchObject({
      CREDENTIALS_SECRET_ID: 'existing/credentials',
    });
  });

  test('leaves out values that only another stack knows', () => {
    expect(one && templateEnvironment(one)).not.toHaveProperty('TOKEN_PARAMETER_KEY_ID');
  });
});

test('a stack without the construct has no refresher', () => {
  const stack = new Stack(newApp(), 'Other');
  new Key(stack, 'Key');
  expect(deployed(stack)).toEqual([]);
});

test('a template that is not JSON is not parsed', () => {
  expect(parseTemplate('Resources: {}')).toBeUndefined();
});
