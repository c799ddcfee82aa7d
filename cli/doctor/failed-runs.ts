import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Commands } from '../commands.ts';
import { failedRunsHandledOtherwise } from '../deployed/failed-runs.ts';
import type { Refresher } from '../deployed/refreshers.ts';
import { ok, type Verdict, wrong } from './finding.ts';

/** Whether Lambda puts a failed run into the dead-letter queue, and leaves it at that, as it was deployed. */
export async function checkFailedRuns(
  refresher: Refresher,
  lambda: LambdaClient,
  commands: Commands,
): Promise<Verdict> {
  const { eventInvokeConfig } = refresher;
  const otherwise =
    eventInvokeConfig === undefined ? [] : await failedRunsHandledOtherwise(lambda, eventInvokeConfig);
  if (otherwise.length === 0) return ok('none');
  return wrong(`failed runs ${otherwise.join(' and ')}`, ...restoreFailedRuns(refresher, commands));
}

/** The command that has Lambda handle failed runs as the template says. */
export function restoreFailedRuns(refresher: Refresher, commands: Commands): readonly string[] {
  const properties = refresher.eventInvokeConfig?.properties;
  if (properties === undefined) return [];
  return [
    commands.restore(refresher, properties, (json) =>
      commands.aws('lambda', 'put-function-event-invoke-config', '--cli-input-json', json),
    ),
  ];
}
