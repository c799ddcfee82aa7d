import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { TokenRefresher } from '../../infra/construct/token-refresher.ts';
import { CODE_DIMENSION } from '../../lambda/shared/metric-names.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import type { AlarmProperties } from './cloudwatch-alarm.ts';

export const ALARM_NAMES = ['TokenExpiring', 'RefreshFailing', 'DeadLetters', 'Throttled'] as const;
export type AlarmName = (typeof ALARM_NAMES)[number];

/** The alarms in the template of a refresher with this policy. */
export function alarmsOf({
  checkEvery,
  refreshBefore,
}: RefreshPolicy): Readonly<Record<AlarmName, AlarmProperties>> {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
  new TokenRefresher(stack, 'Refresher', {
    tokenUrl: 'https://auth.example.com/token',
    parameterName: '/app/token',
    checkEvery: Duration.seconds(checkEvery),
    refreshBefore: Duration.seconds(refreshBefore),
  });
  const found = Object.entries(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm'));
  const alarm = (name: string): AlarmProperties => {
    const one = found.find(([logicalId]) => logicalId.startsWith(`Refresher${name}`));
    if (one === undefined) throw new Error(`the template has no alarm ${name}`);
    return one[1].Properties as AlarmProperties;
  };
  return {
    TokenExpiring: alarm('TokenExpiring'),
    RefreshFailing: alarm('RefreshFailing'),
    DeadLetters: alarm('DeadLetters'),
    Throttled: alarm('Throttled'),
  };
}

/** The name of an alarm's metric in the model. */
export function metricOf({ Namespace, MetricName, Dimensions }: AlarmProperties): string {
  const code = Dimensions.find(({ Name }) => Name === CODE_DIMENSION)?.Value;
  return `${Namespace}/${MetricName}${code === undefined ? '' : ` ${code}`}`;
}
