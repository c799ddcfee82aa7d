import { expect, test } from 'vitest';
import type { DeployedRole, Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { checkRole } from '../../../cli/doctor/check-role.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import { createAnsweringClients } from '../../support/answering-clients.ts';

const MANAGED = 'arn:aws:iam::aws:policy/Tracing';
const OTHER = 'arn:aws:iam::aws:policy/Other';
const TRUST = { Statement: [] };
const ATTACH = `aws iam attach-role-policy --role-name role --policy-arn ${MANAGED}`;

const check = (deployed: readonly unknown[] | undefined, attached: readonly string[] | undefined) => {
  const role = {
    id: 'role',
    properties: { AssumeRolePolicyDocument: TRUST, ManagedPolicyArns: deployed },
    policies: new Map(),
  } as unknown as DeployedRole;
  const { iam } = createAnsweringClients({
    ListRolePoliciesCommand: () => ({}),
    ListAttachedRolePoliciesCommand: () => ({
      AttachedPolicies: attached?.map((PolicyArn) => ({ PolicyArn })),
    }),
  });
  const live = attached && { AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(TRUST)) };
  const refresher = { stack: 'Own' } as Refresher;
  return checkRole(refresher, role, live as never, { iam, commands: createShellCommands({}) });
};

test.for<[string, readonly unknown[] | undefined, readonly string[] | undefined, string, readonly string[]]>([
  ['has its managed policy', [MANAGED], [MANAGED], 'ok', []],
  ['has another managed policy too', [MANAGED], [OTHER, MANAGED], 'ok', []],
  ['has another managed policy and none in the template', undefined, [OTHER], 'ok', []],
  ['has a managed policy that only CloudFormation knows', [undefined], [OTHER], 'ok', []],
  ['lacks its managed policy', [MANAGED], [OTHER], 'wrong', [ATTACH]],
  ['was deleted', [MANAGED], undefined, 'wrong', [expect.stringContaining('create-role'), ATTACH]],
  [
    'was deleted with a managed policy that only CloudFormation knows',
    [undefined],
    undefined,
    'wrong',
    [expect.stringContaining('create-role'), 'npx cdk deploy Own --revert-drift'],
  ],
])(
  'doctor restores the managed policies of a role that %s',
  async ([, deployed, attached, state, remedy]) => {
    expect(await check(deployed, attached)).toMatchObject({ state, remedy });
  },
);
