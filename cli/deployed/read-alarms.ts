import {
  type CloudWatchClient,
  type CompositeAlarm,
  type DescribeAlarmsCommandInput,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import { changedProperties } from './changed-properties.ts';
import { inGroups } from './few-at-a-time.ts';
import type { DeployedResource, Refresher } from './refreshers-of-stack.ts';

export interface Alarm {
  readonly name: string;
  /** The short name, without CloudFormation's prefix and suffix. */
  readonly label: string;
  readonly resource: DeployedResource;
  readonly state: 'ok' | 'alarm' | 'no-data' | 'gone';
  /** Whether its actions are enabled. */
  readonly notifies: boolean;
  /** Names of the properties that differ from the template. */
  readonly changed: readonly string[];
}

const STATES = { OK: 'ok', ALARM: 'alarm', INSUFFICIENT_DATA: 'no-data' } as const;

/** Logical ids of the construct's own alarms. */
const OWN_ALARM = /(TokenExpiring|RefreshFailing|DeadLetters|Throttled)[0-9A-F]{8}$/;

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const MOST_NAMES = 100;

type LiveAlarm = MetricAlarm | CompositeAlarm;

/** Reads the live state of a refresher's alarms. */
export async function readAlarms(
  cloudWatch: CloudWatchClient,
  refresher: Refresher,
): Promise<readonly Alarm[]> {
  return alarmsIn(await readLiveAlarms(cloudWatch, [refresher]), refresher);
}

/** The live alarms of several refreshers by their names, a hundred with each call. */
export async function readLiveAlarms(
  client: CloudWatchClient,
  refreshers: readonly Refresher[],
): Promise<ReadonlyMap<string, LiveAlarm>> {
  const names = refreshers.flatMap(({ alarms }) => alarms.map(({ id }) => id));
  const found = new Map<string, LiveAlarm>();
  const read = async (AlarmNames: string[]) => {
    const input: DescribeAlarmsCommandInput = {
      AlarmNames,
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      MaxRecords: MOST_NAMES,
    };
    for await (const { MetricAlarms = [], CompositeAlarms = [] } of paginateDescribeAlarms({ client }, input))
      for (const alarm of [...MetricAlarms, ...CompositeAlarms]) found.set(alarm.AlarmName ?? '', alarm);
  };
  await Promise.all(inGroups(names, MOST_NAMES).map((group) => read([...group])));
  return found;
}

/** The state of a refresher's alarms. */
export function alarmsIn(live: ReadonlyMap<string, LiveAlarm>, { alarms }: Refresher): readonly Alarm[] {
  return alarms.map((resource) => {
    const found = live.get(resource.id);
    return {
      name: resource.id,
      label: OWN_ALARM.exec(resource.logicalId)?.[1] ?? resource.id,
      resource,
      state: found === undefined ? 'gone' : STATES[found.StateValue ?? 'INSUFFICIENT_DATA'],
      notifies: found?.ActionsEnabled !== false,
      changed: found === undefined ? [] : changedProperties(COMPARED, resource.properties, found),
    };
  });
}

/** The properties that decide when an alarm fires and who is notified. */
const COMPARED = [
  'AlarmActions',
  'Dimensions',
  'Namespace',
  'MetricName',
  'Statistic',
  'Period',
  'EvaluationPeriods',
  'DatapointsToAlarm',
  'Threshold',
  'ComparisonOperator',
  'TreatMissingData',
] as const;
