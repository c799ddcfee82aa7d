import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { RUN_TIMEOUT_SECONDS } from '../lambda/environment.ts';
import { createBundledFunction } from './bundled-function.ts';

/** The function of one refresher. */
export function createRefresherFunction(
  scope: Construct,
  { environment, deadLetterQueue }: { environment: Record<string, string>; deadLetterQueue: IQueue },
): LambdaFunction {
  return createBundledFunction(scope, 'Function', {
    description: 'Keeps an OAuth 2.0 access token fresh in an SSM parameter',
    entry: 'handler.ts',
    roleDescription: 'Refreshes one access token',
    timeout: Duration.seconds(RUN_TIMEOUT_SECONDS),
    environment,
    // A failed run is not repeated by Lambda: the next check tries again, and the record of the failure stays.
    retryAttempts: 0,
    onFailure: new SqsDestination(deadLetterQueue),
  });
}
