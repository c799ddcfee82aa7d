import { type CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { differing } from './differing.ts';
import type { DeployedResource, Refresher } from './refreshers-of-stack.ts';

export interface Alarm {
  readonly name: string;
  /** For people: the name without what CloudFormation puts around it. */
  readonly label: string;
  readonly resource: DeployedResource;
  readonly state: 'ok' | 'alarm' | 'no-data' | 'gone';
  /** Whether it notifies anybody when its state changes. */
  readonly notifies: boolean;
  /** Properties that are not as they were deployed. */
  readonly changed: readonly string[];
}

const STATES = { OK: 'ok', ALARM: 'alarm', INSUFFICIENT_DATA: 'no-data' } as const;

/** The alarms that the construct makes, by their logical ids. */
const OWN_ALARM = /(TokenExpiring|RefreshFailing|DeadLetters|Throttled)[0-9A-F]{8}$/;

/** The alarms that the stack has for a refresher, as they are now. */
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
      changed: found === undefined ? [] : differing(RULES, resource.properties, found),
    };
  });
}

/** What decides when an alarm goes off, and whom it tells. */
const RULES = [
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
