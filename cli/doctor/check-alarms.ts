import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describeAlarms } from '../deployed/describe-alarms.ts';
import { type Alarm, readAlarms } from '../deployed/read-alarms.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { ok, type Verdict, wrong } from './finding.ts';

/** Checks that the alarms exist, work as deployed, and do not fire. */
export async function checkAlarms(
  refresher: Refresher,
  cloudWatch: CloudWatchClient,
  commands: ShellCommands,
): Promise<Verdict> {
  const alarms = await readAlarms(cloudWatch, refresher);
  const gone = alarms.filter(({ state }) => state === 'gone');
  if (gone.length > 0) {
    return wrong(`deleted: ${labelsOf(gone)}`, ...gone.map((alarm) => recreate(alarm, refresher, commands)));
  }
  const silent = alarms.filter(({ notifies }) => !notifies);
  if (silent.length > 0) {
    const names = silent.map(({ name }) => name);
    return wrong(
      `nobody is notified, because actions are disabled: ${labelsOf(silent)}`,
      commands.aws('cloudwatch', 'enable-alarm-actions', '--alarm-names', ...names),
    );
  }
  const changed = alarms.filter(({ changed }) => changed.length > 0);
  if (changed.length > 0) {
    const what = changed.map(({ label, changed }) => `${label} (${changed.join(', ')})`).join(', ');
    return wrong(`changed: ${what}`, ...changed.map((alarm) => recreate(alarm, refresher, commands)));
  }
  if (alarms.some(({ state }) => state === 'alarm')) {
    return wrong(
      `${describeAlarms(alarms)}. If another link shows a fault, fix that. An alarm recovers minutes after its cause is gone`,
    );
  }
  return ok(describeAlarms(alarms));
}

/** CloudFormation and the CloudWatch API use the same property names. */
function recreate({ name, resource }: Alarm, refresher: Refresher, commands: ShellCommands): string {
  const input = { ...resource.properties, AlarmName: name };
  const operation = 'AlarmRule' in resource.properties ? 'put-composite-alarm' : 'put-metric-alarm';
  return commands.restoreInput(refresher, input, 'cloudwatch', operation);
}

function labelsOf(alarms: readonly Alarm[]): string {
  return alarms.map(({ label }) => label).join(', ');
}
