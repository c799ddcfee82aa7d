import { GetRoleCommand, type IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';

/** Whether the policies of a role allow an action on a resource, according to IAM's policy simulator. */
export async function allows(
  iam: IAMClient,
  roleArn: string,
  action: string,
  resourceArn: string,
): Promise<boolean> {
  const { EvaluationResults: [result] = [] } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: roleArn,
      ActionNames: [action],
      ResourceArns: [resourceArn],
    }),
  );
  return result?.EvalDecision === 'allowed';
}

export async function readTrustPolicy(iam: IAMClient, roleArn: string): Promise<unknown> {
  const { Role: role } = await iam.send(
    new GetRoleCommand({ RoleName: roleArn.slice(roleArn.lastIndexOf('/') + 1) }),
  );
  return JSON.parse(decodeURIComponent(role?.AssumeRolePolicyDocument ?? ''));
}
