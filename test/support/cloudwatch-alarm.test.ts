import { describe, expect, test } from 'vitest';
import { type AlarmProperties, alarmState, alarmTransitions } from './cloudwatch-alarm.ts';

const alarm = (fields: Partial<AlarmProperties> = {}): AlarmProperties => ({
  Namespace: 'Test',
  MetricName: 'Value',
  Dimensions: [],
  Statistic: 'Sum',
  Period: 300,
  EvaluationPeriods: 3,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  TreatMissingData: 'breaching',
  ...fields,
});
/** The notation of AWS's tables: `0` is not breaching, `X` is breaching, `-` is missing. */
const datapoints = (text: string) =>
  text.split(' ').map((one) => (one === '-' ? undefined : one === 'X' ? 1 : 0));

describe('alarmState', () => {
  test.for([
    ['0 - X - X', 3, 'OK', 'OK'],
    ['0 - - - -', 3, 'OK', 'OK'],
    ['- - - - -', 3, 'ALARM', 'OK'],
    ['0 X X - X', 3, 'ALARM', 'ALARM'],
    ['- - - - X', 3, 'ALARM', 'OK'],
    ['0 - X - X', 2, 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 2, 'ALARM', 'ALARM'],
    ['0 - X - -', 2, 'ALARM', 'OK'],
    ['- - - - 0', 2, 'ALARM', 'OK'],
    ['- - - - X', 2, 'ALARM', 'OK'],
  ] as const)(
    'of %s with %i of 3 matches the documentation of AWS',
    ([text, toAlarm, breaching, notBreaching]) => {
      const of = (TreatMissingData: AlarmProperties['TreatMissingData']) =>
        alarmState(alarm({ DatapointsToAlarm: toAlarm, TreatMissingData }), datapoints(text));
      expect([of('breaching'), of('notBreaching')]).toEqual([breaching, notBreaching]);
    },
  );
});

describe('alarmTransitions', () => {
  const series = (...values: readonly (readonly [at: number, value: number])[]) => ({
    at: values.map(([at]) => at),
    visibleFrom: values.map(([at]) => at + 60),
    values: values.map(([, value]) => value),
  });

  test('occur when a value becomes visible, and when no evaluated period contains it any more', () => {
    const one = alarm({ EvaluationPeriods: 1, TreatMissingData: 'notBreaching' });
    expect(alarmTransitions(one, series([630, 1]), { from: 0, until: 3_600, extraPeriods: 0 })).toEqual([
      { at: 720, state: 'ALARM' },
      { at: 960, state: 'OK' },
    ]);
  });

  test('occur when all retrieved periods are missing', () => {
    const minimum = alarm({
      EvaluationPeriods: 1,
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
    });
    const healthy = series([0, 5], [300, 5], [600, 5]);
    expect(alarmTransitions(minimum, healthy, { from: 300, until: 3_600, extraPeriods: 2 })).toEqual([
      { at: 1_560, state: 'ALARM' },
    ]);
  });

  test('of a minimum depend on the least value of a period', () => {
    const minimum = alarm({
      EvaluationPeriods: 1,
      Statistic: 'Minimum',
      ComparisonOperator: 'LessThanThreshold',
    });
    const dip = series([0, 5], [290, 0], [310, 5], [600, 5]);
    const [first] = alarmTransitions(minimum, dip, { from: 240, until: 900, extraPeriods: 2 });
    expect(first).toEqual({ at: 360, state: 'ALARM' });
  });
});
