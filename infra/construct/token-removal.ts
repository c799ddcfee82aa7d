import { createHash } from 'node:crypto';
import { CustomResource } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { CUSTOM_RESOURCE, type TokenRemovalProperties } from '../../lambda/shared/custom-resources.ts';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';
import { roleOf } from './bundled-function.ts';
import { CUSTOM_RESOURCE_TIMEOUT } from './deployment-function.ts';
import { viaParameterStore } from './encryption-key.ts';

/**
 * Removes the parameter when the stack is destroyed or takes another one: CloudFormation cannot create a SecureString,
 * so it cannot delete one either. Both constructs are named after the parameter, so that with another
 * parameter they are replaced as a pair and the former one can still be removed.
 */
export function createTokenRemoval(
  scope: Construct,
  {
    deploymentFunction,
    parameterName,
    parameterArn,
    encryptionKey,
  }: { deploymentFunction: IFunction; parameterName: string; parameterArn: string; encryptionKey: IKey },
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
  policy.attachToRole(roleOf(deploymentFunction));
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
