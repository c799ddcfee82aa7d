import { type Stack as CdkStack, Stack, type Tag, TagManager, Token } from 'aws-cdk-lib';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** Whether a key policy can name the principal as the caller. Groups make no calls, and services call as a role. */
export function isRoleOrUser(principal: IPrincipal): boolean {
  return principal.policyFragment.principalJson.AWS !== undefined && !('groupArn' in principal);
}

/**
 * The ARN of a role or user, without a reference to the stack that creates it. Undefined if another stack creates it
 * and CloudFormation chooses its name.
 */
export function principalArnIn(stack: CdkStack, principal: IPrincipal): string | undefined {
  const arn = principal.policyFragment.principalJson.AWS?.[0];
  if (!Token.isUnresolved(arn) || !Construct.isConstruct(principal)) return arn;
  const owner = Stack.of(principal);
  if (owner === stack) return arn;
  // A role imported by its name has the name itself instead of a resource.
  const { roleName, path = '/' } = (principal.node.defaultChild ?? principal) as {
    readonly roleName?: string;
    readonly path?: string;
  };
  if (roleName === undefined || Token.isUnresolved(roleName)) return undefined;
  const resourceName = `${path.slice(1)}${roleName}`;
  return owner.formatArn({ service: 'iam', region: '', resource: 'role', resourceName });
}

/** Tags a role of this app. Returns false if the role is imported, so it cannot be tagged. */
export function tagRole(principal: IPrincipal, { key, value }: Pick<Tag, 'key' | 'value'>): boolean {
  const resource = Construct.isConstruct(principal) ? principal.node.defaultChild : undefined;
  if (resource === undefined || !TagManager.isTaggable(resource)) return false;
  resource.tags.setTag(key, value);
  return true;
}
