import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { changedProperties } from './changed-properties.ts';
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

/** Reads the live state of a refresher's alarms. */
export async function readAlarms(
  cloudWatch: CloudWatchClient,
  { alarms }: Refresher,
): Promise<readonly Alarm[]> {
  if (alarms.length === 0) return [];
  const { MetricAlarms: metric = [], CompositeAlarms: composite = [] } = await cloudWatch.send(
    new DescribeAlarmsCommand({
      AlarmNames: alarms.map(({ id }) => id),
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    }),
  );
  return alarms.map((resource) => {
    const found = [...metric, ...composite].find(({ AlarmName: name }) => name === resource.id);
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
