import { createHash } from 'node:crypto';
import { CustomResource } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { CUSTOM_RESOURCE, type TokenRemovalProperties } from '../../lambda/shared/custom-resources.ts';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';
import type { BundledFunction } from './bundled-function.ts';
import { CUSTOM_RESOURCE_TIMEOUT } from './deployment-function.ts';
import { type TokenParameter, viaParameterStore } from './encryption-key.ts';
import { roleOf } from './function-role.ts';

/**
 * Removes the token's parameter when the stack is destroyed or `parameterName` changes. CloudFormation cannot create a
 * SecureString parameter, so it cannot delete one either. The ids of both constructs depend on the parameter name: if it
 * changes, they are replaced together, and the old pair still removes the old parameter.
 */
export function createTokenRemoval(
  scope: Construct,
  deploymentFunction: IFunction,
  parameterName: string,
  { parameterArn, encryptionKey }: TokenParameter,
): CustomResource {
  const suffix = createHash('sha256').update(parameterName).digest('hex').slice(0, 8);
  const policy = new Policy(scope, `TokenRemovalPolicy${suffix}`, {
    statements: [
      new PolicyStatement({
        actions: ['ssm:GetParameter', 'ssm:DeleteParameter'],
        resources: [parameterArn],
      }),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [encryptionKey.keyArn],
        conditions: viaParameterStore(encryptionKey, parameterArn),
      }),
    ],
  });
  // `policy.attachToRole` would also change an immutable role.
  roleOf(deploymentFunction).attachInlinePolicy(policy);
  acknowledge(policy, OWN_POLICY);
  const properties: TokenRemovalProperties = { ParameterName: parameterName };
  const removal = new CustomResource(scope, `TokenRemoval${suffix}`, {
    resourceType: CUSTOM_RESOURCE.tokenRemoval,
    serviceToken: deploymentFunction.functionArn,
    serviceTimeout: CUSTOM_RESOURCE_TIMEOUT,
    properties: { ...properties },
  });
  removal.node.addDependency(policy, encryptionKey);
  return removal;
}

/**
 * Creates the function and its permissions after the removal, so CloudFormation destroys them before it. Otherwise, a
 * check could write the parameter again. The permissions count too: a run in progress outlives its function.
 */
export function createAfterRemoval({ fn, functionRole }: BundledFunction, removal: CustomResource): void {
  fn.node.addDependency(removal);
  functionRole.policy?.node.addDependency(removal);
}
