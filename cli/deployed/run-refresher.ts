import type { LambdaClient } from '@aws-sdk/client-lambda';
import { invokeRefresher, type RunEvent, type RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import { Unable } from '../unable.ts';
import { ifThere } from './if-there.ts';
import type { Refresher } from './refreshers-of-stack.ts';

/**
 * Has the refresher run now, and waits for its answer.
 * @throws Unable where there is no function to run
 */
export async function runRefresher(
  lambda: LambdaClient,
  refresher: Refresher,
  event: RunEvent,
): Promise<RunOutcome> {
  const outcome = await ifThere(invokeRefresher(lambda, refresher.function.id, event));
  if (outcome === undefined) throw functionGone(refresher);
  return outcome;
}

export function functionGone({ name, function: { id } }: Refresher): Unable {
  return new Unable(`the function of ${name}, ${id}, has been deleted; doctor tells how to bring it back`);
}
