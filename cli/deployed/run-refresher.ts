import type { LambdaClient } from '@aws-sdk/client-lambda';
import { invokeRefresher, type RunEvent, type RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import { CliError } from '../cli-error.ts';
import type { Refresher } from './refreshers-of-stack.ts';
import { unlessGone } from './unless-gone.ts';

/**
 * Runs the refresher now and waits for the result.
 * @throws CliError if the function was deleted
 */
export async function runRefresher(
  lambda: LambdaClient,
  refresher: Refresher,
  event: RunEvent,
): Promise<RunOutcome> {
  const outcome = await unlessGone(invokeRefresher(lambda, refresher.function.id, event));
  if (outcome === undefined) throw functionGone(refresher);
  return outcome;
}

export function functionGone({ name, function: { id } }: Refresher): CliError {
  return new CliError(
    `function ${id} of ${name} has been deleted. The doctor command prints the command that restores it`,
  );
}
