import { App, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import { documentJson, synthesizeExample } from '../support/document-examples.ts';
import { isAllowed, type Statement } from '../support/policy-evaluation.ts';
import { EVERYTHING, newApp, newRefresher, roleArn } from '../support/refresher-stack.ts';
import { ACCOUNT, REGION } from '../support/resolve-template.ts';

const PAGE = 'docs/governed-accounts.md';
const ROLE = roleArn('teams/travel/token-refresher');

/** Synthesizes an entry of `refreshers`, and the context next to it. */
const synthesize = (refreshers: object, context: object = {}) => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } });
  const stacks = [...readSettings({ refreshers })].map(
    ([name, settings]) => new RefresherStack(app, `TokenRefresher-${name}`, settings),
  );
  const assembly = app.synth();
  const [stack] = stacks;
  if (stack === undefined) throw new Error('the example has no entry');
  return {
    template: Template.fromStack(stack),
    messages: assembly.stacks.flatMap(({ messages }) => messages),
  };
};
const SPOTNANA = {
  spotnana: {
    tokenUrl: 'https://auth.example.com/token',
    parameterName: '/spotnana/access-token',
    credentials: 'spotnana/credentials',
    readers: ['*'],
  },
};
const contextOf = async (containing: string) =>
  (await documentJson<{ context: object }>(PAGE, containing)).context;
const example = (containing: string, namesIn: (stack: Stack) => Record<string, unknown> = () => ({})) =>
  synthesizeExample(PAGE, containing, { account: ACCOUNT, region: REGION, namesIn });
const propertiesOf = (template: Template, type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('the examples of cdk.json', () => {
  test('the boundary is on every role', async () => {
    const { template } = synthesize(SPOTNANA, await contextOf('permissionsBoundary'));
    const roles = propertiesOf(template, 'AWS::IAM::Role');
    expect(roles.map((role) => JSON.stringify(role.PermissionsBoundary))).toEqual(
      Array(3).fill(expect.stringContaining(':policy/developers')),
    );
  });

  test('the role is the role of the refresher', async () => {
    const { template } = synthesize(await documentJson(PAGE, '"role"'));
    template.hasResourceProperties('AWS::Lambda::Function', { Role: ROLE });
  });

  test('the existing roles leave no IAM resource in the template', async () => {
    const { template, messages } = synthesize(SPOTNANA, await contextOf('customizeRoles'));
    const resources: { readonly Type: string }[] = Object.values(template.toJSON().Resources);
    expect(resources.filter(({ Type }) => Type.startsWith('AWS::IAM::'))).toEqual([]);
    expect(messages.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('the tags are on the functions', async () => {
    const { template } = synthesize(await documentJson(PAGE, '"tags"'));
    const tags = [
      { Key: 'cost-center', Value: '4711' },
      { Key: 'team', Value: 'travel' },
    ];
    expect(propertiesOf(template, 'AWS::Lambda::Function').map(({ Tags: found }) => found)).toEqual([
      tags,
      tags,
    ]);
  });

  test('the VPC is the VPC of both functions', async () => {
    const { template } = synthesize(await documentJson(PAGE, '"vpc"'));
    const [first, second] = propertiesOf(template, 'AWS::Lambda::Function');
    expect(first?.VpcConfig.SubnetIds).toHaveLength(2);
    expect(second?.VpcConfig).toEqual(first?.VpcConfig);
  });
});

describe('the examples of the construct', () => {
  test('the boundary is on every role of the refresher', async () => {
    const template = await example('fromManagedPolicyName', (stack) => ({ refresher: newRefresher(stack) }));
    const roles = propertiesOf(template, 'AWS::IAM::Role');
    expect(roles.map((role) => JSON.stringify(role.PermissionsBoundary))).toEqual(
      Array(3).fill(expect.stringContaining(':policy/developers')),
    );
  });

  test('the role is the role of the refresher', async () => {
    (await example('Role.fromRoleArn')).hasResourceProperties('AWS::Lambda::Function', { Role: ROLE });
  });

  test('the existing roles leave no IAM resource in the template', async () => {
    const template = await example('Role.customizeRoles');
    const resources: { readonly Type: string }[] = Object.values(template.toJSON().Resources);
    expect(resources.filter(({ Type }) => Type.startsWith('AWS::IAM::'))).toEqual([]);
  });
});

test('the documented permissions are those of a role that the construct creates', async () => {
  const { Statement: documented } = await documentJson<{ Statement: Statement[] }>(PAGE, 'logs:PutLogEvents');
  const stack = new Stack(newApp(), 'Test');
  Tags.of(newRefresher(stack)).add('team', 'travel');
  const policies = Template.fromStack(stack).findResources('AWS::IAM::Policy');
  const created: Statement[] = Object.entries(policies)
    .filter(([id]) => id.startsWith('RefresherFunctionRole'))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  const permissions = (statements: readonly Statement[]) =>
    statements
      .flatMap(({ Action = [], Condition = {} }) =>
        [Action]
          .flat()
          .map((action) => `${action} if ${Object.keys(Object.assign({}, ...Object.values(Condition)))}`),
      )
      .sort();
  expect(permissions(documented)).toEqual(permissions(created));
});

describe('the SCP that requires tags', async () => {
  const deny = await documentJson<Statement>(PAGE, 'ssm:Overwrite');
  test.for([
    ['lets the first write with tags pass', { 'aws:RequestTag/team': 'travel' }, true],
    ['stops a first write without tags', {}, false],
    ['lets later writes pass', { 'ssm:Overwrite': 'true' }, true],
  ] as const)('%s', ([, context, allowed]) => {
    const resource = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/spotnana/access-token`;
    const request = { principal: ROLE, action: 'ssm:PutParameter', resource, context };
    expect(isAllowed(request, { identity: [...EVERYTHING, deny], resource: [] })).toBe(allowed);
  });
});
