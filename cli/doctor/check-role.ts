import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { ifThere } from '../deployed/if-there.ts';
import type { DeployedRole, Refresher } from '../deployed/refreshers-of-stack.ts';
import type { Commands } from '../remedy-commands.ts';
import { covers } from './compare-policies.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

/** Whether a role exists, may be assumed as the template says, and has every permission that the template gives it. */
export async function checkRole(
  refresher: Refresher,
  role: DeployedRole | undefined,
  iam: IAMClient,
  commands: Commands,
): Promise<Verdict> {
  if (role === undefined) return unknown('the role is not part of the stack');
  const { id: RoleName, policies } = role;
  const trust = role.properties.AssumeRolePolicyDocument;
  const putTrust = (operation: string, option: string) =>
    commands.restore(refresher, trust, (json) =>
      commands.aws('iam', operation, '--role-name', RoleName, option, json),
    );
  const putPolicies = (names: Iterable<string>) =>
    [...names].map((name) =>
      commands.restore(refresher, policies.get(name), (json) =>
        commands.aws(
          ...['iam', 'put-role-policy', '--role-name', RoleName, '--policy-name', name],
          ...['--policy-document', json],
        ),
      ),
    );
  const live = await ifThere(iam.send(new GetRoleCommand({ RoleName })));
  if (live === undefined) {
    const create = putTrust('create-role', '--assume-role-policy-document');
    return wrong(`${RoleName} has been deleted`, create, ...putPolicies(policies.keys()));
  }
  if (!covers(decode(live.Role?.AssumeRolePolicyDocument), trust)) {
    const update = putTrust('update-assume-role-policy', '--policy-document');
    return wrong(`${RoleName} can no longer be assumed as it was deployed`, update);
  }
  const { PolicyNames: names = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const lacking: string[] = [];
  for (const [PolicyName, document] of policies) {
    const policy = names.includes(PolicyName)
      ? await ifThere(iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })))
      : undefined;
    if (!covers(decode(policy?.PolicyDocument), document)) lacking.push(PolicyName);
  }
  if (lacking.length > 0) {
    return wrong(
      `${RoleName} lacks permissions of its policy ${lacking.join(', ')}`,
      ...putPolicies(lacking),
    );
  }
  return ok(`${RoleName} has the permissions that were deployed`);
}

/** IAM hands policies out URL-encoded. */
function decode(policy: string | undefined): string | undefined {
  return policy === undefined ? undefined : decodeURIComponent(policy);
}
