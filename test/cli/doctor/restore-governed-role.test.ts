import { App, CfnResource, Stack, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { type Refresher, refreshersOf } from '../../../cli/deployed/refreshers-of-stack.ts';
import { parseTemplate } from '../../../cli/deployed/template.ts';
import { checkRole } from '../../../cli/doctor/check-role.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import { createAnsweringClients } from '../../support/answering-clients.ts';
import { newRefresher } from '../../support/refresher-stack.ts';

const ACCOUNT = '123456789012';
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/developers`;

/** A refresher whose roles have a boundary, a path and a tag. */
function deployGoverned(): Refresher {
  const app = new App({
    context: {
      'aws:cdk:bundling-stacks': [],
      '@aws-cdk/core:permissionsBoundary': { name: 'developers' },
    },
  });
  const stack = new Stack(app, 'Governed');
  newRefresher(stack);
  Tags.of(stack).add('team', 'travel');
  for (const construct of stack.node.findAll()) {
    if (CfnResource.isCfnResource(construct) && construct.cfnResourceType === 'AWS::IAM::Role')
      construct.addPropertyOverride('Path', '/teams/travel/');
  }
  const template = parseTemplate(JSON.stringify(Template.fromStack(stack).toJSON())) ?? new Map();
  const [refresher] = refreshersOf({
    stackId: `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/Governed/uuid`,
    template,
    physicalIds: new Map([...template.keys()].map((id) => [id, id])),
    parameters: new Map(),
  });
  if (refresher === undefined) throw new Error('no refresher');
  return refresher;
}

const refresher = deployGoverned();
const role = refresher.functionRole;
if (role === undefined) throw new Error('no role');
const { iam } = createAnsweringClients({ ListRolePoliciesCommand: () => ({ PolicyNames: [] }) });
const check = (live: object | undefined) =>
  checkRole(refresher, role, live as never, { iam, commands: createShellCommands({}) });

test('doctor creates a deleted role again with its boundary, path and tags', async () => {
  const { remedy } = await check(undefined);
  expect(remedy[0]).toMatch(
    new RegExp(
      `^aws iam create-role --role-name ${role.id} --assume-role-policy-document '.*' ` +
        `--path /teams/travel/ --permissions-boundary ${BOUNDARY} ` +
        String.raw`--tags '\[\{"Key":"team","Value":"travel"\}\]'$`,
    ),
  );
});

test.for([
  ['another boundary', { PermissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/others` }],
  ['no boundary', undefined],
] as const)(
  'for a role with %s, doctor prints the command that restores the deployed boundary',
  async ([, PermissionsBoundary]) => {
    const trust = JSON.stringify(role.properties.AssumeRolePolicyDocument);
    const live = { AssumeRolePolicyDocument: encodeURIComponent(trust), PermissionsBoundary };
    expect(await check(live)).toMatchObject({
      state: 'wrong',
      remedy: [
        `aws iam put-role-permissions-boundary --role-name ${role.id} --permissions-boundary ${BOUNDARY}`,
      ],
    });
  },
);

test('the ARN of a role with a path contains the path', () => {
  expect(refresher.function.properties.Role).toBe(`arn:aws:iam::${ACCOUNT}:role/teams/travel/${role.id}`);
});
