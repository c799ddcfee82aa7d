import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { describeAwsFailure } from '../../lambda/aws-failure.ts';
import { parseJsonObject } from '../../lambda/json.ts';
import type { Commands } from '../commands.ts';
import type { DeployedRole } from '../deployed/refreshers.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

/** Whether a role exists, may be assumed as the template says, and has every permission that the template gives it. */
export async function checkRole(
  role: DeployedRole | undefined,
  iam: IAMClient,
  commands: Commands,
): Promise<Verdict> {
  if (role === undefined) return unknown('the role is not part of the stack');
  const RoleName = role.id;
  const restore = (policies: Iterable<string>) =>
    [...policies].map((name) =>
      commands.aws(
        ...['iam', 'put-role-policy', '--role-name', RoleName, '--policy-name', name],
        ...['--policy-document', JSON.stringify(role.policies.get(name))],
      ),
    );
  const trust = role.properties.AssumeRolePolicyDocument;
  const live = await found(iam.send(new GetRoleCommand({ RoleName })));
  if (live === undefined) {
    const create = [
      'iam',
      'create-role',
      '--role-name',
      RoleName,
      '--assume-role-policy-document',
      JSON.stringify(trust),
    ];
    return wrong(`${RoleName} has been deleted`, commands.aws(...create), ...restore(role.policies.keys()));
  }
  if (!covers(live.Role?.AssumeRolePolicyDocument, trust)) {
    const update = [
      'iam',
      'update-assume-role-policy',
      '--role-name',
      RoleName,
      '--policy-document',
      JSON.stringify(trust),
    ];
    return wrong(`${RoleName} can no longer be assumed as it was deployed`, commands.aws(...update));
  }
  const { PolicyNames: names = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const lacking: string[] = [];
  for (const [PolicyName, document] of role.policies) {
    const policy = names.includes(PolicyName)
      ? await found(iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })))
      : undefined;
    if (!covers(policy?.PolicyDocument, document)) lacking.push(PolicyName);
  }
  if (lacking.length > 0) {
    return wrong(`${RoleName} lacks permissions of its policy ${lacking.join(', ')}`, ...restore(lacking));
  }
  return ok(`${RoleName} has the permissions that were deployed`);
}

/** Whether each statement that the template has is in the live document, which IAM hands out URL-encoded. */
function covers(live: string | undefined, document: unknown): boolean {
  const actual = new Set(statementsOf(parseJsonObject(decodeURIComponent(live ?? ''))).map(canonical));
  return statementsOf(document).every((statement) => actual.has(canonical(statement)));
}

function statementsOf(document: unknown): readonly unknown[] {
  const { Statement: statement = [] } = (document ?? {}) as { Statement?: unknown };
  return Array.isArray(statement) ? statement : [statement];
}

/** One text for all ways to write the same: any order, and a list of one as the one alone. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map(canonical).toSorted();
    return items.length === 1 ? (items[0] ?? '') : `[${items.join()}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${fields.toSorted().join()}}`;
}

async function found<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  return asking.catch((error: unknown) => {
    const { name } = describeAwsFailure(error);
    if (name === 'NoSuchEntity' || name === 'NoSuchEntityException') return undefined;
    throw error;
  });
}
