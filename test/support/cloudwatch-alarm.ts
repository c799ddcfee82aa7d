/** The properties of an `AWS::CloudWatch::Alarm` that decide its state. Periods in seconds. */
export interface AlarmProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Statistic: 'Minimum' | 'Sum';
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: 'LessThanThreshold' | 'GreaterThanOrEqualToThreshold';
  readonly TreatMissingData: 'breaching' | 'notBreaching';
}

export type AlarmState = 'OK' | 'ALARM';

/** The values of one metric, oldest first. Times in Unix seconds. */
export interface Series {
  readonly at: readonly number[];
  /** When an alarm first sees each value: metrics are delayed, and those of a long run carry the time of its start. */
  readonly visibleFrom: readonly number[];
  readonly values: readonly number[];
}

export interface Transition {
  readonly at: number;
  readonly state: AlarmState;
}

/** If the evaluated periods are longer than this in total, in seconds, CloudWatch evaluates the alarm once an hour. */
const HOURLY_FROM = 24 * 3600;

/**
 * The state of an alarm for these datapoints, oldest first, undefined if missing. CloudWatch retrieves more datapoints
 * than it evaluates. It uses the latest ones that exist, and counts missing ones only if those are too few.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function alarmState(alarm: AlarmProperties, datapoints: readonly (number | undefined)[]): AlarmState {
  const { EvaluationPeriods: evaluated, DatapointsToAlarm: toAlarm = evaluated } = alarm;
  const existing = datapoints.filter((value) => value !== undefined).slice(-evaluated);
  const breaching = existing.filter((value) => isBreaching(alarm, value)).length;
  const missing = alarm.TreatMissingData === 'breaching' ? evaluated - existing.length : 0;
  return breaching + missing >= toAlarm ? 'ALARM' : 'OK';
}

/**
 * The changes of an alarm's state. CloudWatch evaluates it every minute, over periods that end in that minute.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 */
export function alarmTransitions(
  alarm: AlarmProperties,
  series: Series,
  { from, until, extraPeriods }: { from: number; until: number; extraPeriods: number },
): Transition[] {
  const { Period: period, EvaluationPeriods: evaluated } = alarm;
  const step = period * evaluated > HOURLY_FROM ? 3600 : 60;
  const retrieved = evaluated + extraPeriods;
  const transitions: Transition[] = [];
  let state: AlarmState = 'OK';
  for (let now = Math.ceil(from / step) * step; now <= until; now += step) {
    const datapoints = Array.from({ length: retrieved }, (_, index) => {
      const start = now - (retrieved - index) * period;
      return datapoint(alarm, series, now, start, start + period);
    });
    const next = alarmState(alarm, datapoints);
    if (next !== state) transitions.push({ at: now, state: next });
    state = next;
  }
  return transitions;
}

function datapoint(
  { Statistic: statistic }: AlarmProperties,
  { at, visibleFrom, values }: Series,
  now: number,
  start: number,
  end: number,
): number | undefined {
  let result: number | undefined;
  for (let index = countUpTo(at, start - 1e-6); (at[index] ?? end) < end; index += 1) {
    if ((visibleFrom[index] as number) > now) continue;
    const value = values[index] as number;
    if (result === undefined) result = value;
    else result = statistic === 'Sum' ? result + value : Math.min(result, value);
  }
  return result;
}

function isBreaching({ ComparisonOperator: operator, Threshold }: AlarmProperties, value: number): boolean {
  return operator === 'LessThanThreshold' ? value < Threshold : value >= Threshold;
}

/** The number of ascending times up to `time`. */
function countUpTo(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
