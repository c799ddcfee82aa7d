import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IDestination, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { RUN_TIMEOUT_SECONDS } from '../../lambda/shared/time-budget.ts';
import { createBundledFunction, type VpcPlacement } from './bundled-function.ts';

/** The function of one refresher. */
export function createRefresherFunction(
  scope: Construct,
  {
    environment,
    deadLetterQueue,
    placement,
  }: { environment: Record<string, string>; deadLetterQueue: IQueue; placement: VpcPlacement },
): LambdaFunction {
  return createBundledFunction(scope, 'Function', {
    description: 'Keeps an OAuth 2.0 access token fresh in an SSM parameter',
    entry: 'refresher/handler.ts',
    roleDescription: 'Refreshes one access token',
    timeout: Duration.seconds(RUN_TIMEOUT_SECONDS),
    environment,
    placement,
    withoutReservedConcurrency:
      'A limit would have reports of rejected tokens fail. However many come at once, a claim lets one run mint, and the others end in moments. Reserved concurrency is taken from all other functions, and new accounts have none to spare.',
    withoutDeadLetterQueue:
      'The queue gets failed runs as their on-failure destination, which tells the error as well.',
    // A failed run is not repeated by Lambda: the next check tries again, and the record of the failure stays.
    retryAttempts: 0,
    onFailure: sendTo(deadLetterQueue),
  });
}

/** `SqsDestination` would let the function look up the queue besides. */
function sendTo(queue: IQueue): IDestination {
  return {
    bind: (_scope, grantee) => {
      Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [queue.queueArn] });
      return { destination: queue.queueArn };
    },
  };
}
