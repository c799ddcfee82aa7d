import { App, PermissionsBoundary, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy, Role, PermissionsBoundary as RoleBoundary } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import { deployedStack } from '../support/deployed-stack.ts';
import { LAMBDA, newApp, newRefresher, REQUIRED, roleArn, viaSsm } from '../support/refresher-stack.ts';
import { ACCOUNT, REGION } from '../support/resolve-template.ts';

const BUNDLING = { 'aws:cdk:bundling-stacks': [] };
const VPC = {
  vpc: 'vpc-0123456789abcdef0',
  vpcSubnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
  securityGroups: ['sg-0123456789abcdef0'],
};
const ROLE = roleArn('teams/travel/refresher');

/** The stack of one entry of cdk.json, checked with cdk-nag. */
function synthesize(entry: object, context: object = {}) {
  const app = new App({ context: { ...BUNDLING, ...context } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
  const settings = readSettings({ refreshers: { app: { ...REQUIRED, readers: ['*'], ...entry } } });
  const found = settings.get('app');
  if (found === undefined) throw new Error('no settings');
  const stack = new RefresherStack(app, 'Test', found);
  return { assembly: app.synth(), template: Template.fromStack(stack) };
}
const propertiesOf = (template: Template, type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('the VPC of cdk.json', () => {
  test('is the VPC of both functions, without a lookup or a warning', () => {
    const { assembly, template } = synthesize(VPC);
    expect(assembly.manifest.missing).toBeUndefined();
    const messages = assembly.stacks.flatMap((stack) => stack.messages);
    expect(messages.filter(({ level }) => level !== 'info')).toEqual([]);
    const placement = { SubnetIds: VPC.vpcSubnets, SecurityGroupIds: VPC.securityGroups };
    const functions = propertiesOf(template, 'AWS::Lambda::Function');
    expect(functions.map(({ VpcConfig }) => VpcConfig)).toEqual([placement, placement]);
    template.resourceCountIs('AWS::EC2::SecurityGroup', 0);
  });

  test('gets one security group for each function if cdk.json names none', () => {
    const { vpc, vpcSubnets } = VPC;
    const { template } = synthesize({ vpc, vpcSubnets });
    expect(propertiesOf(template, 'AWS::EC2::SecurityGroup').map(({ VpcId }) => VpcId)).toEqual([vpc, vpc]);
  });
});

describe('the log groups', () => {
  const retentionOf = (template: Template) =>
    propertiesOf(template, 'AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays);

  test.for([
    [{}, 30],
    [{ logRetention: 365 }, 365],
  ] as const)('keep logs for the days in the setting: %j', ([entry, days]) => {
    expect(retentionOf(synthesize(entry).template)).toEqual([days, days]);
  });

  test('keep logs as long as the property says', () => {
    const stack = new Stack(newApp(), 'Test');
    newRefresher(stack, { logRetention: RetentionDays.ONE_WEEK });
    expect(retentionOf(Template.fromStack(stack))).toEqual([7, 7]);
  });
});

describe('a role of another team', () => {
  test('in cdk.json stays unchanged, and the key policy names it', () => {
    const { template } = synthesize({ role: ROLE, ...VPC });
    template.hasResourceProperties('AWS::Lambda::Function', { Role: ROLE });
    template.resourceCountIs('AWS::IAM::Role', 2);
    expect(
      JSON.stringify(propertiesOf(template, 'AWS::IAM::Policy').map(({ Roles }) => Roles)),
    ).not.toContain('refresher');
    const deployed = deployedStack(template.toJSON().Resources);
    const parameter = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${REQUIRED.parameterName}`;
    const request = {
      action: 'kms:Encrypt',
      resource: deployed.arn('AWS::KMS::Key'),
      context: viaSsm(parameter),
    };
    const own = [{ Effect: 'Allow' as const, Action: 'kms:*', Resource: '*' }];
    expect(deployed.allows({ ...request, principal: ROLE }, own)).toBe(true);
    expect(deployed.allows({ ...request, principal: roleArn('another') }, own)).toBe(false);
  });

  test('gets the same permissions as a role that the construct creates', () => {
    const statementsOf = (brings: boolean) => {
      const stack = new Stack(newApp(), 'Test');
      const role = new Role(stack, 'Brought', { assumedBy: LAMBDA });
      newRefresher(stack, brings ? { role } : {});
      const name = brings ? /^RefresherFunctionPolicy/ : /^RefresherFunctionRoleDefaultPolicy/;
      const policies = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
      return policies.find(([id]) => name.test(id))?.[1].Properties.PolicyDocument.Statement;
    };
    expect(statementsOf(true)).toHaveLength(5);
    expect(statementsOf(true)).toEqual(statementsOf(false));
  });

  test('has its permissions before the function, and loses them before the token is removed', () => {
    const stack = new Stack(newApp(), 'Test');
    newRefresher(stack, { role: new Role(stack, 'Brought', { assumedBy: LAMBDA }) });
    const resources = Template.fromStack(stack).toJSON().Resources as Record<
      string,
      { readonly DependsOn?: readonly string[] }
    >;
    const dependenciesOf = (id: RegExp) =>
      Object.entries(resources).find(([logicalId]) => id.test(logicalId))?.[1].DependsOn ?? [];
    expect(dependenciesOf(/^RefresherFunction[0-9A-F]{8}$/)).toContainEqual(
      expect.stringMatching(/^RefresherFunctionPolicy/),
    );
    expect(dependenciesOf(/^RefresherFunctionPolicy/)).toContainEqual(
      expect.stringMatching(/^RefresherTokenRemoval[0-9a-f]{8}/),
    );
  });
});

describe('a role of another account', () => {
  const bring = (env: { readonly account?: string; readonly region: string }) => {
    const stack = new Stack(newApp(), 'Test', { env });
    return newRefresher(stack, { role: Role.fromRoleArn(stack, 'Role', ROLE, { mutable: false }) });
  };

  test('is refused with the account that it must be in', () => {
    expect(() => bring({ account: '222222222222', region: REGION })).toThrow(
      `TokenRefresher.role: found "${ROLE}"; it must be in the account of the stack (222222222222), because Lambda accepts no role of another account`,
    );
  });

  test('is not suspected if the account is the same, or unknown at synth', () => {
    expect(() => bring({ account: ACCOUNT, region: REGION })).not.toThrow();
    expect(() => bring({ region: REGION })).not.toThrow();
  });
});

test.for<[string, unknown, RegExp]>([
  ['@aws-cdk/core:permissionsBoundary', 'developers', /found "developers"; it must be \{"name": "…"\} or /],
  ['@aws-cdk/core:permissionsBoundary', { Name: 'developers' }, /: found \{"Name":"developers"\}; /],
  ['@aws-cdk/core:permissionsBoundary', { name: '' }, /: found \{"name":""\}; /],
  [
    '@aws-cdk/iam:customizeRoles',
    { usePrecreatedRoles: { a: '/teams/a' } },
    /: found .*"\/teams.*without a slash /,
  ],
  [
    '@aws-cdk/iam:customizeRoles',
    { usePrecreatedRoles: { a: ROLE } },
    /: found .*"arn:.*; .*names of roles, /,
  ],
])(
  'the context %s is refused if it is %j, which the CDK would ignore or use wrongly',
  ([key, value, problem]) => {
    const act = () => readSettings({ refreshers: { app: REQUIRED }, [key]: value });
    expect(act).toThrow(problem);
    expect(act).toThrow(`${key}: `);
  },
);

test.for<[string, unknown]>([
  ['@aws-cdk/core:permissionsBoundary', { name: 'developers' }],
  ['@aws-cdk/core:permissionsBoundary', { arn: `arn:aws:iam::${ACCOUNT}:policy/teams/developers` }],
  ['@aws-cdk/iam:customizeRoles', { usePrecreatedRoles: { a: 'teams/travel/a', b: 'b' } }],
  ['@aws-cdk/iam:customizeRoles', { preventSynthesis: false }],
])('the context %s may be %j', ([key, value]) => {
  expect(() => readSettings({ refreshers: { app: REQUIRED }, [key]: value })).not.toThrow();
});

describe('an account in which the app may create no role', () => {
  const names = (path: string) => ({
    [`${path}/Refresher/FunctionRole`]: 'teams/travel/refresher',
    [`${path}/Refresher/DeploymentFunctionRole`]: 'teams/travel/deployment',
    [`${path}/Refresher/ScheduleRole`]: 'teams/travel/schedule',
  });
  const rolesIn = (template: Template) => [
    ...propertiesOf(template, 'AWS::Lambda::Function').map(({ Role: role }) => role),
    ...propertiesOf(template, 'AWS::Scheduler::Schedule').map(({ Target }) => Target.RoleArn),
  ];
  const arnIn = (name: string) => ({
    'Fn::Join': [
      '',
      ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, `:role/teams/travel/${name}`],
    ],
  });
  const IAM_TYPE = /^AWS::IAM::/;

  test.for<[string, () => Template]>([
    [
      'in cdk.json',
      () => {
        const usePrecreatedRoles = names('Test');
        const context = { '@aws-cdk/iam:customizeRoles': { preventSynthesis: true, usePrecreatedRoles } };
        return synthesize({ ...VPC, tags: { team: 'travel' } }, context).template;
      },
    ],
    [
      'with Role.customizeRoles',
      () => {
        const stack = new Stack(newApp(), 'Test');
        Role.customizeRoles(stack, { usePrecreatedRoles: names('Test') });
        newRefresher(stack);
        return Template.fromStack(stack);
      },
    ],
  ])('uses existing roles for both functions and the schedule %s', ([, build]) => {
    const template = build();
    expect(rolesIn(template)).toEqual([arnIn('deployment'), arnIn('refresher'), arnIn('schedule')]);
    const types = Object.values(template.toJSON().Resources as Record<string, { readonly Type: string }>);
    expect(types.filter(({ Type }) => IAM_TYPE.test(Type))).toEqual([]);
    const [key] = propertiesOf(template, 'AWS::KMS::Key');
    for (const name of ['refresher', 'deployment'])
      expect(JSON.stringify(key?.KeyPolicy)).toContain(`:role/teams/travel/${name}`);
  });

  test('fails at synth if a role is missing', () => {
    const { 'Test/Refresher/ScheduleRole': _, ...usePrecreatedRoles } = names('Test');
    const context = { '@aws-cdk/iam:customizeRoles': { preventSynthesis: true, usePrecreatedRoles } };
    const { assembly } = synthesize({}, context);
    const errors = assembly.stacks
      .flatMap(({ messages }) => messages)
      .filter(({ level }) => level === 'error');
    expect(errors.map(({ id }) => id)).toEqual([expect.stringContaining('ScheduleRole')]);
  });
});

describe('a permissions boundary', () => {
  const roles = (template: Template) => propertiesOf(template, 'AWS::IAM::Role');
  const inContext = (boundary: object) =>
    synthesize({ ...VPC }, { '@aws-cdk/core:permissionsBoundary': boundary }).template;

  test.for<[string, () => Template]>([
    ['in cdk.json by name', () => inContext({ name: 'developers' })],
    ['in cdk.json by ARN', () => inContext({ arn: `arn:aws:iam::${ACCOUNT}:policy/developers` })],
    [
      'of the stack',
      () => {
        const permissionsBoundary = PermissionsBoundary.fromName('developers');
        const stack = new Stack(newApp(), 'Test', { permissionsBoundary });
        newRefresher(stack);
        return Template.fromStack(stack);
      },
    ],
    [
      'of the construct',
      () => {
        const stack = new Stack(newApp(), 'Test');
        const boundary = ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'developers');
        RoleBoundary.of(newRefresher(stack)).apply(boundary);
        return Template.fromStack(stack);
      },
    ],
  ])('%s applies to every role', ([, build]) => {
    const found = roles(build()).map(({ PermissionsBoundary: boundary }) => JSON.stringify(boundary));
    expect(found).toEqual(Array(3).fill(expect.stringMatching(/:policy\/developers/)));
  });
});

test('the tags of cdk.json reach the stack, its resources and the token', () => {
  const tags = { team: 'travel', 'cost-center': '4711' };
  const { assembly, template } = synthesize({ tags });
  expect(assembly.stacks[0]?.tags).toEqual(tags);
  const functions = propertiesOf(template, 'AWS::Lambda::Function');
  for (const { Tags: found } of functions) expect(found).toHaveLength(2);
  const variables = Object.assign({}, ...functions.map(({ Environment }) => Environment.Variables));
  expect(JSON.parse(variables.TOKEN_PARAMETER_TAGS)).toEqual(tags);
});
