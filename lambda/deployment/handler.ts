import { Logger } from '@aws-lambda-powertools/logger';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { AWS_CLIENT } from '../shared/aws-client.ts';
import { systemClock } from '../shared/clock.ts';
import {
  CUSTOM_RESOURCE,
  type FirstTokenProperties,
  type TokenRemovalProperties,
} from '../shared/custom-resources.ts';
import { forInvocation } from '../shared/invoke-refresher.ts';
import { METRICS_SERVICE } from '../shared/metric-names.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { answerCloudFormation, assertAnswerable } from './cloudformation-response.ts';
import { FIRST_METRIC_MS, FirstTokenError, mintFirstToken } from './mint-first-token.ts';
import { removeToken } from './remove-token.ts';
import { type DeploymentTime, deploymentTime } from './retry-without-permission.ts';

const ssm = new SSMClient(AWS_CLIENT);
const secretsManager = new SecretsManagerClient(AWS_CLIENT);
const lambda = new LambdaClient(forInvocation(AWS_CLIENT));
const logger = new Logger({ serviceName: METRICS_SERVICE });

/** Serves the stack's custom resources: mints the first token on deployment, removes the token on destruction. */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  logger.addContext(context);
  assertAnswerable(event, process.env);
  const { RequestType: request, ResourceType: resource } = event;
  let reason: string | undefined;
  try {
    const time = deploymentTime(systemClock, context.getRemainingTimeInMillis());
    const outcome = await serve(event, time);
    logger.info('Served CloudFormation', { request, resource, outcome });
  } catch (error) {
    reason = reasonOf(error);
    logger.error(reason, { request, resource });
  }
  await answerCloudFormation(event, reason, { clock: systemClock, fetch: globalThis.fetch });
}

async function serve(event: CloudFormationCustomResourceEvent, time: DeploymentTime): Promise<string> {
  const { RequestType: request, ResourceType: resource, ResourceProperties: properties } = event;
  if (resource === CUSTOM_RESOURCE.tokenRemoval) {
    if (request !== 'Delete') return 'nothing to do before the stack is destroyed';
    const { ParameterName } = properties as unknown as TokenRemovalProperties;
    return removeToken(ParameterName, { ssm, ...time });
  }
  if (request === 'Delete') return 'nothing to do when the stack is destroyed';
  return mintFirstToken(properties as unknown as FirstTokenProperties, {
    lambda,
    ssm,
    secretsManager,
    ...time,
    // A local cloud does not watch the metrics.
    firstMetricMs: process.env.AWS_ENDPOINT_URL ? 0 : FIRST_METRIC_MS,
  });
}

/** Other errors are shown by name only, because their messages may hold secrets. */
function reasonOf(error: unknown): string {
  if (error instanceof RefreshError || error instanceof FirstTokenError) return error.message;
  return `the deployment function failed unexpectedly with ${error instanceof Error ? error.name : typeof error}`;
}
