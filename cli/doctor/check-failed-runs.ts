import type { LambdaClient } from '@aws-sdk/client-lambda';
import { failedRunsHandledOtherwise } from '../deployed/read-failed-runs.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { Commands } from '../remedy-commands.ts';
import { type Verdict, wrong } from './finding.ts';

/** What is wrong where Lambda does not put failed runs into the dead-letter queue, or repeats them; undefined where nothing is. */
export async function checkFailedRuns(
  refresher: Refresher,
  lambda: LambdaClient,
  commands: Commands,
): Promise<Verdict | undefined> {
  const { eventInvokeConfig } = refresher;
  if (eventInvokeConfig === undefined) return undefined;
  const otherwise = await failedRunsHandledOtherwise(lambda, eventInvokeConfig);
  if (otherwise.length === 0) return undefined;
  return wrong(`failed runs ${otherwise.join(' and ')}`, ...restoreFailedRuns(refresher, commands));
}

/** The command that has Lambda handle failed runs as the template says. */
export function restoreFailedRuns(refresher: Refresher, commands: Commands): readonly string[] {
  const properties = refresher.eventInvokeConfig?.properties;
  if (properties === undefined) return [];
  return [commands.restoreInput(refresher, properties, 'lambda', 'put-function-event-invoke-config')];
}
