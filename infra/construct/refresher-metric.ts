import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { alarmPeriod } from '../../lambda/shared/alarm-thresholds.ts';
import {
  CODE_DIMENSION,
  METRIC,
  METRICS_NAMESPACE,
  METRICS_SERVICE,
  PARAMETER_DIMENSION,
  SERVICE_DIMENSION,
} from '../../lambda/shared/metric-names.ts';
import type { RefreshErrorCode } from '../../lambda/shared/refresh-error.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';

export type MetricName = (typeof METRIC)[keyof typeof METRIC];

/** The statistic of the metrics that are not counts. */
const STATISTICS: Readonly<Record<string, string>> = {
  [METRIC.secondsUntilExpiry]: Stats.MINIMUM,
  [METRIC.mintAttempts]: Stats.MAXIMUM,
  [METRIC.mintDuration]: Stats.MAXIMUM,
};

/** A metric that the refresher of this parameter emits. Counts are summed by default. */
export function refresherMetric(parameterName: string, metricName: string, options?: MetricOptions): Metric {
  const { dimensionsMap, ...others } = options ?? {};
  return new Metric({
    statistic: STATISTICS[metricName] ?? Stats.SUM,
    ...others,
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: {
      [SERVICE_DIMENSION]: METRICS_SERVICE,
      [PARAMETER_DIMENSION]: parameterName,
      ...dimensionsMap,
    },
  });
}

/** Runs with a failed attempt: all of them, or those with this error code. */
export function failedMetric(
  parameterName: string,
  code: RefreshErrorCode | undefined,
  options?: MetricOptions,
): Metric {
  const dimensionsMap = {
    ...options?.dimensionsMap,
    ...(code === undefined ? {} : { [CODE_DIMENSION]: code }),
  };
  return refresherMetric(parameterName, METRIC.failed, { ...options, dimensionsMap });
}

/** The period of the alarms. The dashboard uses it too, so it shows what the alarms evaluate. */
export function periodOf({ checkEvery }: RefreshPolicy): Duration {
  return Duration.seconds(alarmPeriod(checkEvery));
}
