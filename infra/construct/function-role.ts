import { ArnFormat, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import {
  type AddToPrincipalPolicyResult,
  Effect,
  type IGrantable,
  type IRole,
  Policy,
  PolicyStatement,
  PrincipalBase,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';
import { problemLine } from './problem-line.ts';

/** The role of a function, and where its permissions go. */
export interface FunctionRole {
  readonly role: IRole;
  readonly grantee: IGrantable;
  /** The policy with the permissions. Undefined while there is none. */
  readonly policy: IConstruct | undefined;
  /** The construct on which cdk-nag findings are accepted. */
  readonly own: IConstruct;
}

/** Creates a role for a function. Its permissions are its default policy. */
export function createRole(scope: Construct, id: string, description: string): FunctionRole {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description });
  acknowledge(role, OWN_POLICY);
  return {
    role,
    grantee: role,
    own: role,
    get policy() {
      return role.node.tryFindChild('DefaultPolicy');
    },
  };
}

/**
 * Uses an existing role. Its permissions are a policy in the stack of the construct: in the role's stack, they would create a
 * cyclic reference. Several refreshers can share the role. An immutable role gets no policy.
 * @throws Error if the role is in another account
 */
export function useRole(scope: Construct, id: string, role: IRole): FunctionRole {
  assertSameAccount(scope, role);
  const policy = new Policy(scope, id);
  role.attachInlinePolicy(policy);
  acknowledge(policy, OWN_POLICY);
  return { role, grantee: new RoleWithPolicy(role, policy), policy, own: policy };
}

/** An account that is not known at synth counts as the same. */
function assertSameAccount(scope: Construct, role: IRole): void {
  const { account } = Stack.of(scope);
  if (Token.compareStrings(role.env.account, account) !== TokenComparison.DIFFERENT) return;
  throw new Error(
    problemLine(
      'TokenRefresher.role',
      'role',
      role.roleArn,
      `it must be in the account of the stack (${account}), because Lambda accepts no role of another account`,
    ),
  );
}

/** Allows the function to write to its log group. */
export function allowLogs({ grantee }: FunctionRole, logGroup: ILogGroup): void {
  // The managed AWSLambdaBasicExecutionRole allows writing to every log group of the account.
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );
}

/**
 * Lets the Lambda service manage the function's network interfaces, and denies the same to the function's own code.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function allowNetworkInterfaces(scope: Construct, { grantee, own }: FunctionRole): void {
  const actions = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ];
  const anyFunction = Stack.of(scope).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const { grantPrincipal } = grantee;
  grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: ['*'] }));
  grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction } },
    }),
  );
  acknowledge(own, {
    'AwsSolutions-IAM5[Resource::*]':
      "Lambda creates the network interfaces, so their ARNs are not known in advance. A deny statement keeps these actions from the function's code.",
  });
}

export function roleOf(fn: IFunction): IRole {
  if (fn.role === undefined) throw new Error(`${fn.node.path} has no role`);
  return fn.role;
}

/** A role whose permissions are added to a policy of our own instead of its default policy. */
class RoleWithPolicy extends PrincipalBase {
  private readonly role: IRole;
  private readonly policy: Policy;

  constructor(role: IRole, policy: Policy) {
    super();
    this.role = role;
    this.policy = policy;
  }

  override get policyFragment() {
    return this.role.policyFragment;
  }

  override dedupeString(): undefined {
    return undefined;
  }

  override addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    this.policy.addStatements(statement);
    return { statementAdded: true, policyDependable: this.policy };
  }
}
