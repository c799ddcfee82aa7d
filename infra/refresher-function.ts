import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { createBundledFunction } from './bundled-function.ts';

/**
 * Time for a run. Minting backs off inside it, and it ends before the next check can begin (`checkEvery` is at
 * least a minute), so that two runs do not mint side by side.
 */
export const REFRESHER_TIMEOUT = Duration.seconds(60);

/** The function of one refresher. */
export function createRefresherFunction(
  scope: Construct,
  { environment, deadLetterQueue }: { environment: Record<string, string>; deadLetterQueue: IQueue },
): LambdaFunction {
  return createBundledFunction(scope, 'Function', {
    description: 'Keeps an OAuth 2.0 access token fresh in an SSM parameter',
    entry: 'handler.ts',
    roleDescription: 'Refreshes one access token',
    timeout: REFRESHER_TIMEOUT,
    environment,
    // A failed run is not repeated by Lambda: the next check tries again, and the record of the failure stays.
    retryAttempts: 0,
    onFailure: new SqsDestination(deadLetterQueue),
  });
}
