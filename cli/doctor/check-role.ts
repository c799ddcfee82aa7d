import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListRolePoliciesCommand,
  paginateListAttachedRolePolicies,
  type Role,
} from '@aws-sdk/client-iam';
import type { DeployedRole, Refresher } from '../deployed/refreshers-of-stack.ts';
import { isComplete } from '../deployed/template.ts';
import { unlessGone } from '../deployed/unless-gone.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { covers } from './compare-policies.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';
import { createRoleCommands } from './role-commands.ts';

export interface RoleTools {
  readonly iam: IAMClient;
  readonly commands: ShellCommands;
}

export const ROLE_OF_ANOTHER_STACK = unknown('the role does not belong to the stack');

/** Reads the live role, or returns undefined if it was deleted. */
export async function readRole(
  { id: RoleName }: DeployedRole,
  { iam }: RoleTools,
): Promise<Role | undefined> {
  return (await unlessGone(iam.send(new GetRoleCommand({ RoleName }))))?.Role;
}

/** Checks the schedule's role. */
export async function checkScheduleRole(refresher: Refresher, tools: RoleTools): Promise<Verdict> {
  const { scheduleRole: role } = refresher;
  if (role === undefined) return ROLE_OF_ANOTHER_STACK;
  return checkRole(refresher, role, await readRole(role, tools), tools);
}

/** Checks that a role exists and has its deployed trust policy and permissions. More permissions are fine. */
export async function checkRole(
  refresher: Refresher,
  role: DeployedRole,
  live: Role | undefined,
  { iam, commands }: RoleTools,
): Promise<Verdict> {
  const { id: RoleName, policies } = role;
  const { AssumeRolePolicyDocument: trust, PermissionsBoundary: boundary } = role.properties;
  const repair = createRoleCommands(refresher, role, commands);
  if (live === undefined) {
    const permissions = [
      ...repair.putPolicies(policies.keys()),
      ...repair.attachPolicies(managedPolicies(role)),
    ];
    return wrong(`${RoleName} has been deleted`, repair.create(), ...permissions);
  }
  if (!covers(decode(live.AssumeRolePolicyDocument), trust))
    return wrong(`the trust policy of ${RoleName} was changed`, repair.putTrust());
  if (typeof boundary === 'string' && live.PermissionsBoundary?.PermissionsBoundaryArn !== boundary)
    return wrong(`the permissions boundary of ${RoleName} was changed`, repair.putBoundary(boundary));
  const lacking = await lackingPolicies(role, iam);
  if (lacking.length > 0) {
    return wrong(
      `${RoleName} lacks permissions of policy ${lacking.join(', ')}`,
      ...repair.putPolicies(lacking),
    );
  }
  const detached = await detachedPolicies(role, iam);
  if (detached.length > 0) {
    return wrong(
      `${RoleName} lacks the managed policy ${detached.join(', ')}`,
      ...repair.attachPolicies(detached),
    );
  }
  return ok(`${RoleName} has its deployed permissions`);
}

/** Names of the deployed inline policies that the live role lacks or that grant less. */
async function lackingPolicies(
  { id: RoleName, policies }: DeployedRole,
  iam: IAMClient,
): Promise<readonly string[]> {
  const { PolicyNames: names = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const lacking: string[] = [];
  for (const [PolicyName, document] of policies) {
    const policy = names.includes(PolicyName)
      ? await unlessGone(iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })))
      : undefined;
    if (!covers(decode(policy?.PolicyDocument), document)) lacking.push(PolicyName);
  }
  return lacking;
}

/** ARNs of the deployed managed policies that are no longer attached to the live role. */
async function detachedPolicies(role: DeployedRole, iam: IAMClient): Promise<readonly unknown[]> {
  const deployed = managedPolicies(role).filter(isComplete);
  if (deployed.length === 0) return [];
  const attached: unknown[] = [];
  const input = { RoleName: role.id };
  for await (const page of paginateListAttachedRolePolicies({ client: iam }, input))
    attached.push(...(page.AttachedPolicies ?? []).map(({ PolicyArn: arn }) => arn));
  return deployed.filter((arn) => !attached.includes(arn));
}

/** ARNs of the role's managed policies in the template. Those that only CloudFormation knows are undefined. */
function managedPolicies({ properties: { ManagedPolicyArns: arns } }: DeployedRole): readonly unknown[] {
  return Array.isArray(arns) ? arns : [];
}

/** IAM returns policies URL-encoded. */
function decode(policy: string | undefined): string | undefined {
  return policy === undefined ? undefined : decodeURIComponent(policy);
}
