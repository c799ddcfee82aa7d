import type { DeployedRole, Refresher } from '../deployed/refreshers-of-stack.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { roleOptions } from './create-options.ts';

/** The commands that restore a role's deployed state. */
export function createRoleCommands(refresher: Refresher, role: DeployedRole, commands: ShellCommands) {
  const { id: name, policies, properties } = role;
  const trust = properties.AssumeRolePolicyDocument;
  const iam = (operation: string, ...options: readonly string[]) =>
    commands.aws('iam', operation, '--role-name', name, ...options);
  return {
    /** Creates the role with its boundary, path and tags, but without permissions. */
    create: (): string => {
      const { PermissionsBoundary, Path, Tags } = properties;
      const parts = Object.entries({ PermissionsBoundary, Path, Tags }).filter(
        ([part]) => part in properties,
      );
      return commands.restore(refresher, { trust, ...Object.fromEntries(parts) }, () =>
        iam('create-role', '--assume-role-policy-document', JSON.stringify(trust), ...roleOptions(role)),
      );
    },
    putTrust: (): string =>
      commands.restore(refresher, trust, (json) =>
        iam('update-assume-role-policy', '--policy-document', json),
      ),
    putBoundary: (boundary: string): string =>
      iam('put-role-permissions-boundary', '--permissions-boundary', boundary),
    putPolicies: (names: Iterable<string>): readonly string[] =>
      [...names].map((policy) =>
        commands.restore(refresher, policies.get(policy), (json) =>
          iam('put-role-policy', '--policy-name', policy, '--policy-document', json),
        ),
      ),
    /** Only CloudFormation may know some of the ARNs. */
    attachPolicies: (arns: readonly unknown[]): readonly string[] =>
      arns.map((arn) =>
        commands.restore(refresher, arn, () => iam('attach-role-policy', '--policy-arn', String(arn))),
      ),
  };
}
