import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { type Alarm, readAlarms } from '../deployed/read-alarms.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { Commands } from '../remedy-commands.ts';
import { describeAlarms } from '../status/render-status.ts';
import { ok, type Verdict, wrong } from './finding.ts';

/** Whether the alarms are there and would notify somebody. One that fires is no fault of its own: it tells of another. */
export async function checkAlarms(
  refresher: Refresher,
  cloudWatch: CloudWatchClient,
  commands: Commands,
): Promise<Verdict> {
  const alarms = await readAlarms(cloudWatch, refresher);
  const gone = alarms.filter(({ state }) => state === 'gone');
  if (gone.length > 0) {
    return wrong(`deleted: ${namesOf(gone)}`, ...gone.map((alarm) => recreate(alarm, refresher, commands)));
  }
  const silent = alarms.filter(({ notifies }) => !notifies);
  if (silent.length > 0) {
    const names = silent.map(({ name }) => name);
    return wrong(
      `nobody is notified: the actions are disabled of ${namesOf(silent)}`,
      commands.aws('cloudwatch', 'enable-alarm-actions', '--alarm-names', ...names),
    );
  }
  const changed = alarms.filter(({ changed }) => changed.length > 0);
  if (changed.length > 0) {
    const what = changed.map(({ label, changed }) => `${label} (${changed.join(', ')})`).join(', ');
    return wrong(
      `not as they were deployed: ${what}`,
      ...changed.map((alarm) => recreate(alarm, refresher, commands)),
    );
  }
  return ok(describeAlarms(alarms));
}

/** CloudFormation's names of an alarm's properties are those of CloudWatch's API. */
function recreate({ name, resource }: Alarm, refresher: Refresher, commands: Commands): string {
  const input = { ...resource.properties, AlarmName: name };
  const operation = 'AlarmRule' in resource.properties ? 'put-composite-alarm' : 'put-metric-alarm';
  return commands.restoreInput(refresher, input, 'cloudwatch', operation);
}

function namesOf(alarms: readonly Alarm[]): string {
  return alarms.map(({ label }) => label).join(', ');
}
