import { createHash } from 'node:crypto';
import { type CfnCustomResource, CustomResource, type IResolvable, Lazy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction, IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { CUSTOM_RESOURCE, type FirstTokenProperties } from '../../lambda/shared/custom-resources.ts';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';
import { CUSTOM_RESOURCE_TIMEOUT } from './deployment-function.ts';
import { roleOf } from './function-role.ts';
import { secretArnForPolicies } from './secret-access.ts';

/** The properties in the template: CloudFormation has yet to resolve some of the values. */
type Properties<Resolved> = { readonly [Name in keyof Resolved]: unknown };

export interface FirstTokenProps {
  readonly deploymentFunction: IFunction;
  readonly refresher: LambdaFunction;
  readonly credentials: ISecret;
  readonly claim: IParameter;
  /** Whether the stack creates the secret: then it is empty during the first deployment, and a missing token is no failure. */
  readonly createsSecret: boolean;
}

/**
 * Mints a token during the deployment, and fails the deployment if that fails. Runs when the stack is created and
 * whenever the function's environment, layers or code change.
 */
export function createFirstToken(
  scope: Construct,
  { deploymentFunction, refresher, credentials, claim, createsSecret }: FirstTokenProps,
): CustomResource {
  const policy = new Policy(scope, 'FirstTokenPolicy', {
    statements: [
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [refresher.functionArn] }),
      // Shows whether another run is minting.
      new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [claim.parameterArn] }),
      // Returns the id of the current version, not its value. A secret's ARN ends with six characters that AWS chooses.
      new PolicyStatement({
        actions: ['secretsmanager:DescribeSecret'],
        resources: [secretArnForPolicies(credentials)],
      }),
    ],
  });
  roleOf(deploymentFunction).attachInlinePolicy(policy);
  acknowledge(policy, OWN_POLICY);
  const properties: Properties<FirstTokenProperties> = {
    FunctionArn: refresher.functionArn,
    Environment: asInTemplate(refresher),
    SecretMayBeEmpty: createsSecret ? 'true' : 'false',
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

/** The function's environment as CloudFormation spells it. CDK passes its own spelling to custom resources unchanged. */
function asInTemplate(refresher: LambdaFunction): IResolvable {
  const { environment } = refresher.node.defaultChild as CfnFunction;
  const stack = Stack.of(refresher);
  // Uncached: CDK resolves the value to find references to other stacks, and again after turning them into imports.
  return Lazy.uncachedAny({ produce: () => ({ Variables: stack.resolve(environment)?.variables }) });
}

/**
 * Replaces the custom resource when the function changes, instead of updating it. Rolling back then only deletes the new
 * resource. An update would mint again with the previous settings, which could fail too and leave the stack stuck.
 */
function nameAfterFunction(firstToken: CustomResource, refresher: LambdaFunction): void {
  const stack = Stack.of(firstToken);
  const resource = firstToken.node.defaultChild as CfnCustomResource;
  const { code, environment, layers } = refresher.node.defaultChild as CfnFunction;
  const named = stack.getLogicalId(resource);
  resource.overrideLogicalId(
    Lazy.uncachedString({
      produce: () => {
        const parts = [code, environment, layers].map((part) => stack.resolve(part));
        const settings = JSON.stringify(parts.filter((part) => part !== undefined));
        return `${named}${createHash('sha256').update(settings).digest('hex').slice(0, 8)}`;
      },
    }),
  );
}
