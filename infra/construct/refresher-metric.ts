import type { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  CODE_DIMENSION,
  type METRIC,
  METRICS_NAMESPACE,
  METRICS_SERVICE,
  PARAMETER_DIMENSION,
  SERVICE_DIMENSION,
} from '../../lambda/shared/metric-names.ts';

/** A metric that the function of the refresher for this parameter emits; `code` is for `Failed` alone. */
export function refresherMetric(
  parameterName: string,
  metricName: (typeof METRIC)[keyof typeof METRIC],
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
