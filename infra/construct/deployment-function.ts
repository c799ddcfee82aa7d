import { Duration, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { URL_SUFFIX } from '../../lambda/shared/custom-resources.ts';
import { createBundledFunction, type FunctionPlacement } from './bundled-function.ts';

/** Long enough for several runs of the refresher, with pauses in which new permissions take effect. */
const TIMEOUT = Duration.minutes(6);

/** How long CloudFormation waits for a custom resource: a little longer than the function may run. */
export const CUSTOM_RESOURCE_TIMEOUT = Duration.minutes(7);

/** Creates the function behind the stack's custom resources. It runs only while the stack is deployed or destroyed. */
export function createDeploymentFunction(
  scope: Construct,
  placement: FunctionPlacement,
  logRetention: RetentionDays | undefined,
): IFunction {
  const { fn } = createBundledFunction(scope, 'DeploymentFunction', {
    description:
      'Mints the first token when the stack is deployed and removes the token when it is destroyed',
    role: undefined,
    roleDescription: 'Mints the first token and removes the stored token',
    timeout: TIMEOUT,
    environment: { [URL_SUFFIX]: Stack.of(scope).urlSuffix },
    placement,
    logRetention,
    withoutReservedConcurrency:
      'CloudFormation invokes the function a few times per deployment. Reserved concurrency reduces what other functions can use, and new accounts have none to spare.',
    withoutDeadLetterQueue:
      'If the function fails, CloudFormation fails the deployment and reports the error.',
  });
  return fn;
}
