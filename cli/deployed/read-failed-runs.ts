import { GetFunctionEventInvokeConfigCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { ifThere } from './if-there.ts';
import type { DeployedResource } from './refreshers-of-stack.ts';

/** How Lambda handles a failed run, as the template has it. */
interface EventInvokeProperties {
  readonly FunctionName?: string;
  readonly Qualifier?: string;
  readonly MaximumRetryAttempts?: number;
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: string } };
}

/** What is otherwise now in how Lambda handles a failed run than it was deployed, in words. */
export async function failedRunsHandledOtherwise(
  lambda: LambdaClient,
  { properties }: DeployedResource,
): Promise<readonly string[]> {
  const {
    FunctionName,
    Qualifier,
    MaximumRetryAttempts: attempts,
    DestinationConfig: destinations,
  } = properties as EventInvokeProperties;
  const destination = destinations?.OnFailure?.Destination;
  const asking = lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName, Qualifier }));
  const live = await ifThere(asking);
  const isOther =
    destination !== undefined && live?.DestinationConfig?.OnFailure?.Destination !== destination;
  return [
    ...(isOther ? ['do not get into the queue'] : []),
    // Lambda itself repeats twice where it is told nothing.
    ...(live?.MaximumRetryAttempts === attempts ? [] : ['are repeated by Lambda']),
  ];
}
