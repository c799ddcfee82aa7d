import type { Role } from '@aws-sdk/client-iam';
import type { GetFunctionCommandOutput } from '@aws-sdk/client-lambda';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { renewRoleGrant } from '../deployed/renew-role-grant.ts';
import { checkRole, ROLE_OF_ANOTHER_STACK, type RoleTools, readRole } from './check-role.ts';
import { type Verdict, wrong } from './finding.ts';

/** Checks the function's role, and that the function can decrypt its environment with it. */
export async function checkFunctionRole(
  refresher: Refresher,
  fn: GetFunctionCommandOutput | undefined,
  tools: RoleTools,
): Promise<Verdict> {
  const { functionRole: role } = refresher;
  if (role === undefined) return ROLE_OF_ANOTHER_STACK;
  const live = await readRole(role, tools);
  const verdict = await checkRole(refresher, role, live, tools);
  if (fn === undefined || (live !== undefined && !isNewer(live, fn))) return verdict;
  const remedy = [...verdict.remedy, ...renewRoleGrant(refresher, tools.commands)];
  if (live === undefined) return wrong(verdict.says, ...remedy);
  const madeAgain =
    `${role.id} is newer than the last change of the function: it was deleted and made again. ` +
    'The function cannot decrypt its environment with it until it gets another role, and then its own again';
  return wrong(verdict.state === 'ok' ? madeAgain : `${verdict.says}\n${madeAgain}`, ...remedy);
}

/** A deployment makes the role before the function. A newer role was made again, and Lambda has no grant for it yet. */
function isNewer({ CreateDate: created }: Role, { Configuration: fn }: GetFunctionCommandOutput): boolean {
  return created !== undefined && created.getTime() > Date.parse(fn?.LastModified ?? '');
}
