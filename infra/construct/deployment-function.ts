import { Duration, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { URL_SUFFIX } from '../../lambda/shared/custom-resources.ts';
import { createBundledFunction, type VpcPlacement } from './bundled-function.ts';

/** Time for several runs of the refresher, with waits for new permissions to take effect between them. */
const TIMEOUT = Duration.minutes(6);

/** CloudFormation's patience with a custom resource, a little longer than what the function may take. */
export const CUSTOM_RESOURCE_TIMEOUT = Duration.minutes(7);

/** Serves the stack's custom resources. Runs only while the stack is deployed or destroyed. */
export function createDeploymentFunction(scope: Construct, placement: VpcPlacement): IFunction {
  return createBundledFunction(scope, 'DeploymentFunction', {
    description:
      'Mints the first token when the stack is deployed and removes the token when it is destroyed',
    entry: 'deployment/handler.ts',
    roleDescription: 'Mints the first token and removes the last one',
    timeout: TIMEOUT,
    environment: { [URL_SUFFIX]: Stack.of(scope).urlSuffix },
    placement,
    withoutReservedConcurrency:
      'CloudFormation runs it a few times in a deployment. Reserved concurrency is taken from all other functions, and new accounts have none to spare.',
    withoutDeadLetterQueue: 'Without its answer CloudFormation fails the deployment and shows that it did.',
  });
}
