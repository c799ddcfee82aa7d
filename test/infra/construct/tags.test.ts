import { App, CfnResource, NestedStack, Stack, TagManager, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import type { TokenRefresher } from '../../../infra/construct/token-refresher.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { deployedStack } from '../../support/deployed-stack.ts';
import { newApp, newRefresher, PARAMETER, REQUIRED } from '../../support/refresher-stack.ts';

const TAGS = { team: 'travel', 'cost-center': '4711' };

interface TemplateTags {
  readonly Type: string;
  readonly Properties?: { readonly Tags?: unknown };
}

const variablesIn = (stack: Stack): Record<string, unknown> => {
  const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  return functions
    .map(({ Properties }) => Properties.Environment?.Variables ?? {})
    .find((variables) => ENVIRONMENT.tokenUrl in variables);
};
const parameterTagsIn = (stack: Stack): unknown => {
  const json = variablesIn(stack)[ENVIRONMENT.parameterTags];
  return typeof json === 'string' ? JSON.parse(json) : json;
};
const addTags = (scope: Stack | App | TokenRefresher, tags: Readonly<Record<string, string>> = TAGS) => {
  for (const [key, value] of Object.entries(tags)) Tags.of(scope).add(key, value);
};
/** The tags of a resource in the template, as a list or as a map. */
const readTags = (tags: unknown): Record<string, string> =>
  Array.isArray(tags)
    ? Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
    : ((tags ?? {}) as Record<string, string>);

describe('tags of the app', () => {
  /** Everything that a refresher can consist of. */
  const wholeApp = () => {
    const app = newApp();
    const stack = new Stack(app, 'Test', { env: { account: '111111111111', region: 'us-east-1' } });
    newRefresher(stack, { vpc: new Vpc(stack, 'Vpc') as IVpc });
    const credentials = Secret.fromSecretNameV2(stack, 'Secret', 'app/credentials');
    const shared = { parameterName: '/shared/token', credentials };
    const other = new Stack(app, 'Shared');
    newRefresher(other, shared).grantReadToAccount('222222222222');
    const settings = readSettings({
      refreshers: { app: { ...REQUIRED, notificationEmail: 'on-call@example.com' } },
    }).get('app');
    if (settings === undefined) throw new Error('no settings');
    const settled = new RefresherStack(app, 'Settings', settings);
    addTags(app);
    return [stack, other, settled];
  };
  const stacks = wholeApp();
  const taggable = stacks.flatMap((stack) => {
    const template = Template.fromStack(stack).toJSON().Resources as Record<string, TemplateTags>;
    return stack.node
      .findAll()
      .filter((construct) => CfnResource.isCfnResource(construct) && TagManager.of(construct) !== undefined)
      .map((construct) => template[stack.getLogicalId(construct as CfnResource)] as TemplateTags);
  });

  test('reach every resource that can have tags', () => {
    for (const { Type, Properties } of taggable) expect(readTags(Properties?.Tags), Type).toMatchObject(TAGS);
    const types = new Set(taggable.map(({ Type }) => Type).filter((type) => !type.startsWith('AWS::EC2::')));
    expect([...types].sort()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
      'AWS::IAM::Role',
      'AWS::KMS::Key',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::RAM::ResourceShare',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::SSM::Parameter',
      'AWS::Scheduler::ScheduleGroup',
      'AWS::SecretsManager::Secret',
    ]);
  });

  test('leave out only resources that AWS cannot tag', () => {
    const all = stacks.flatMap((stack) =>
      Object.values(Template.fromStack(stack).toJSON().Resources as Record<string, TemplateTags>),
    );
    const types = all.filter(({ Properties }) => Properties?.Tags === undefined).map(({ Type }) => Type);
    expect([...new Set(types.filter((type) => !type.startsWith('AWS::EC2::')))].sort()).toEqual([
      'AWS::IAM::Policy',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::SNS::Subscription',
      'AWS::SNS::TopicPolicy',
      'AWS::SQS::QueuePolicy',
      'AWS::Scheduler::Schedule',
      'Custom::FirstToken',
      'Custom::TokenRemoval',
    ]);
  });
});

describe("the token's parameter", () => {
  type Build = (app: App) => Stack;
  const inStack = (app: App, props: { readonly tags?: Record<string, string> } = {}) => {
    const stack = new Stack(app, 'Test', props);
    return { stack, refresher: newRefresher(stack) };
  };
  test.for<[string, Build, unknown]>([
    ['no tags if there are none', (app) => inStack(app).stack, undefined],
    [
      'the tags of the app',
      (app) => {
        const { stack } = inStack(app);
        addTags(app);
        return stack;
      },
      TAGS,
    ],
    [
      'the tags of the construct',
      (app) => {
        const { stack, refresher } = inStack(app);
        addTags(refresher);
        return stack;
      },
      TAGS,
    ],
    ['the tags in the properties of its stack', (app) => inStack(app, { tags: TAGS }).stack, TAGS],
    [
      'the tags of the stack around a nested stack',
      (app) => {
        const nested = new NestedStack(new Stack(app, 'Parent', { tags: TAGS }), 'Nested');
        newRefresher(nested);
        return nested;
      },
      TAGS,
    ],
    [
      'the nearest of two tags with the same key',
      (app) => {
        const { stack, refresher } = inStack(app, { tags: { team: 'stack' } });
        addTags(app, { team: 'app' });
        addTags(refresher, { team: 'construct' });
        return stack;
      },
      { team: 'construct' },
    ],
    [
      'tags that are added after its environment was read',
      (app) => {
        const { stack, refresher } = inStack(app, { tags: { team: 'stack' } });
        stack.resolve((refresher.function.node.defaultChild as CfnFunction).environment);
        addTags(refresher);
        return stack;
      },
      TAGS,
    ],
    [
      'tags that are meant for parameters only',
      (app) => {
        const { stack, refresher } = inStack(app);
        Tags.of(refresher).add('team', 'travel', { includeResourceTypes: ['AWS::SSM::Parameter'] });
        Tags.of(refresher).add('kind', 'role', { includeResourceTypes: ['AWS::IAM::Role'] });
        return stack;
      },
      { team: 'travel' },
    ],
    [
      'tags of an app that assigns stack tags explicitly',
      () => {
        const context = { 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:explicitStackTags': true };
        const explicit = new App({ context });
        const { stack } = inStack(explicit);
        addTags(explicit);
        return stack;
      },
      TAGS,
    ],
  ])('gets %s', ([, build, expected]) => {
    expect(parameterTagsIn(build(newApp()))).toEqual(expected);
  });

  test('gets a tag whose value only CloudFormation knows', () => {
    const stack = new Stack(newApp(), 'Test');
    Tags.of(newRefresher(stack)).add('stack', stack.stackId);
    expect(parameterTagsIn(stack)).toEqual({
      'Fn::Join': ['', ['{"stack":"', { Ref: 'AWS::StackId' }, '"}']],
    });
  });

  test('gets new tags from the deployment, which runs the first token again', () => {
    const idOf = (tags: Readonly<Record<string, string>>) => {
      const stack = new Stack(newApp(), 'Test');
      newRefresher(stack);
      addTags(stack, tags);
      return Object.keys(Template.fromStack(stack).findResources('Custom::FirstToken'));
    };
    expect(idOf(TAGS)).toEqual(idOf(TAGS));
    expect(idOf(TAGS)).not.toEqual(idOf({ ...TAGS, team: 'trips' }));
  });
});

describe.for<[string, Readonly<Record<string, string>>, object]>([
  ['with tags', TAGS, {}],
  ['with tags, in an app that repeats its aspects', TAGS, { '@aws-cdk/core:aspectStabilization': true }],
  ['without tags', {}, {}],
])('%s,', ([, tags, context]) => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } }), 'Test');
  newRefresher(stack);
  addTags(stack, tags);
  const deployed = deployedStack(Template.fromStack(stack).toJSON().Resources);
  const hasTags = tags === TAGS;

  test.for([
    ['the refresher', /RefresherFunctionRole/, PARAMETER, hasTags],
    ['the deployment function', /DeploymentFunctionRole/, PARAMETER, hasTags],
    ['the schedule', /ScheduleRole/, PARAMETER, false],
    ['the refresher', /RefresherFunctionRole/, `${PARAMETER}.claim`, false],
    ['the refresher', /RefresherFunctionRole/, `${PARAMETER}2`, false],
  ] as const)('the role of %s, %s, may tag %s: %s', ([, role, resource, allowed]) => {
    const principal = deployed.arn('AWS::IAM::Role', role);
    expect(deployed.allows({ principal, action: 'ssm:AddTagsToResource', resource })).toBe(allowed);
    expect(deployed.allows({ principal, action: 'ssm:RemoveTagsFromResource', resource })).toBe(false);
  });
});

test('an immutable role gets no policy for tags', () => {
  const stack = new Stack(newApp(), 'Test');
  const role = Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::111111111111:role/refresher', {
    mutable: false,
  });
  newRefresher(stack, { role });
  addTags(stack);
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  expect(JSON.stringify(policies.map(({ Properties }) => Properties.Roles))).not.toContain('refresher');
});
