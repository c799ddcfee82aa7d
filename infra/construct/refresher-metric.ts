import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { alarmPeriod } from '../../lambda/shared/alarm-bounds.ts';
import {
  CODE_DIMENSION,
  type METRIC,
  METRICS_NAMESPACE,
  METRICS_SERVICE,
  PARAMETER_DIMENSION,
  SERVICE_DIMENSION,
} from '../../lambda/shared/metric-names.ts';
import type { Policy } from '../../lambda/shared/refresh-margin.ts';

export type MetricName = (typeof METRIC)[keyof typeof METRIC];

/** A metric that the refresher of this parameter emits. Only `Failed` has a `code`. */
export function refresherMetric(
  parameterName: string,
  metricName: MetricName,
  { code, ...options }: { code?: string; statistic: string; period: Duration; label?: string },
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: {
      [SERVICE_DIMENSION]: METRICS_SERVICE,
      [PARAMETER_DIMENSION]: parameterName,
      ...(code === undefined ? {} : { [CODE_DIMENSION]: code }),
    },
    ...options,
  });
}

/** The period of the alarms. The dashboard uses it too, so it shows what the alarms evaluate. */
export function periodOf({ checkEvery }: Policy): Duration {
  return Duration.seconds(alarmPeriod(checkEvery));
}
