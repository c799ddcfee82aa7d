import { type Stack as CdkStack, Stack, type Tag, TagManager, Token } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Whether this is somebody who makes requests: a group does not, and a service makes them as a role. */
export function isRoleOrUser(principal: IPrincipal): boolean {
  return principal.policyFragment.principalJson.AWS !== undefined && !('groupArn' in principal);
}

/**
 * The ARN of a role or user, as the given stack can know it without depending on the one that makes it: undefined where that
 * is another stack and has CloudFormation choose the name.
 */
export function principalArnIn(stack: CdkStack, principal: IPrincipal): string | undefined {
  const arn = principal.policyFragment.principalJson.AWS?.[0];
  if (!Token.isUnresolved(arn) || !Construct.isConstruct(principal)) return arn;
  const owner = Stack.of(principal);
  if (owner === stack) return arn;
  // Where it was imported by its name, the principal has it itself.
  const { roleName, path = '/' } = (principal.node.defaultChild ?? principal) as {
    readonly roleName?: string;
    readonly path?: string;
  };
  if (roleName === undefined || Token.isUnresolved(roleName)) return undefined;
  const resourceName = `${path.slice(1)}${roleName}`;
  return owner.formatArn({ service: 'iam', region: '', resource: 'role', resourceName });
}

/** Whether the principal is of this app, so that it could be tagged. */
export function tagRole(principal: IPrincipal, { key, value }: Pick<Tag, 'key' | 'value'>): boolean {
  const resource = Construct.isConstruct(principal) ? principal.node.defaultChild : undefined;
  if (resource === undefined || !TagManager.isTaggable(resource)) return false;
  resource.tags.setTag(key, value);
  return true;
}
