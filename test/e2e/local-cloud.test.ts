import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { expect, inject, test } from 'vitest';
import { clientSettings } from '../../local/deploy-local/cloud-clients.ts';

const Namespace = 'LocalCloudTest';
const MetricName = 'Failed';
const dimensions = (parameter: string) => [{ Name: 'parameter', Value: parameter }];

test('on the local cloud, an alarm fires only for its own refresher', async () => {
  const cloudWatch = new CloudWatchClient(clientSettings(inject('ministack')));
  const AlarmName = 'local-cloud-test';
  const fail = (parameter: string) =>
    cloudWatch.send(
      new PutMetricDataCommand({
        Namespace,
        MetricData: [{ MetricName, Dimensions: dimensions(parameter), Value: 1 }],
      }),
    );
  const state = async () => {
    const { MetricAlarms: [alarm] = [] } = await cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }),
    );
    return alarm?.StateValue;
  };
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace,
      MetricName,
      Dimensions: dimensions('/own/token'),
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    }),
  );

  await fail('/other/token');
  expect(await state()).toBe('INSUFFICIENT_DATA');
  await fail('/own/token');
  expect(await state()).toBe('ALARM');
});
