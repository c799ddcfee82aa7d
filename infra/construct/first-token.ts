import { createHash } from 'node:crypto';
import { type CfnCustomResource, CustomResource, type IResolvable, Lazy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { CUSTOM_RESOURCE, type FirstTokenProperties } from '../../lambda/shared/custom-resources.ts';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';
import { roleOf } from './bundled-function.ts';
import { CUSTOM_RESOURCE_TIMEOUT } from './deployment-function.ts';

/** Properties as they stand in the template, where what CloudFormation fills in is still open. */
type Properties<Resolved> = { readonly [Name in keyof Resolved]: unknown };

/**
 * Has the refresher mint while the stack is deployed, and fails the deployment where it cannot. Runs for the first
 * deployment and for every one that changes the function's environment or code.
 */
export function createFirstToken(
  scope: Construct,
  {
    deploymentFunction,
    refresher,
    credentials,
    secretMayBeEmpty,
  }: {
    deploymentFunction: IFunction;
    refresher: LambdaFunction;
    credentials: ISecret;
    secretMayBeEmpty: boolean;
  },
): CustomResource {
  const policy = new Policy(scope, 'FirstTokenPolicy', {
    statements: [
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [refresher.functionArn] }),
      // Shows which version is in force, not the credentials. Six characters of AWS's own end a secret's ARN.
      new PolicyStatement({
        actions: ['secretsmanager:DescribeSecret'],
        resources: [credentials.secretFullArn ?? `${credentials.secretArn}-??????`],
      }),
    ],
  });
  policy.attachToRole(roleOf(deploymentFunction));
  acknowledge(policy, OWN_POLICY);
  const properties: Properties<FirstTokenProperties> = {
    FunctionArn: refresher.functionArn,
    Environment: asInTemplate(refresher),
    SecretMayBeEmpty: secretMayBeEmpty ? 'true' : 'false',
  };
  const firstToken = new CustomResource(scope, 'FirstToken', {
    resourceType: CUSTOM_RESOURCE.firstToken,
    serviceToken: deploymentFunction.functionArn,
    serviceTimeout: CUSTOM_RESOURCE_TIMEOUT,
    properties: { ...properties },
  });
  firstToken.node.addDependency(refresher, policy, credentials);
  nameAfterFunction(firstToken, refresher);
  return firstToken;
}

/** The construct keeps the function's environment in CDK's own shape, which a custom resource would be handed as it is. */
function asInTemplate(refresher: LambdaFunction): IResolvable {
  const { environment } = refresher.node.defaultChild as CfnFunction;
  const stack = Stack.of(refresher);
  return Lazy.any({ produce: () => ({ Variables: stack.resolve(environment)?.variables }) });
}

/**
 * A changed function gets another custom resource instead of an update of this one. So a deployment that fails is
 * rolled back by forgetting the new one: nothing is minted for the former settings, which could fail as well
 * and leave the stack stuck between the two.
 */
function nameAfterFunction(firstToken: CustomResource, refresher: LambdaFunction): void {
  const stack = Stack.of(firstToken);
  const resource = firstToken.node.defaultChild as CfnCustomResource;
  const { code, environment } = refresher.node.defaultChild as CfnFunction;
  const named = stack.getLogicalId(resource);
  resource.overrideLogicalId(
    Lazy.uncachedString({
      produce: () => {
        const settings = JSON.stringify(stack.resolve([code, environment]));
        return `${named}${createHash('sha256').update(settings).digest('hex').slice(0, 8)}`;
      },
    }),
  );
}
