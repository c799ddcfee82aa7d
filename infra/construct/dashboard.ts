import { Duration, Names, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  LogQueryWidget,
  MathExpression,
  PeriodOverride,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { alarmPeriod, expiryThreshold } from '../../lambda/shared/alarm-bounds.ts';
import { COMMAND } from '../../lambda/shared/command-name.ts';
import {
  CODE_DIMENSION,
  METRIC,
  METRICS_NAMESPACE,
  METRICS_SERVICE,
  PARAMETER_DIMENSION,
  SERVICE_DIMENSION,
} from '../../lambda/shared/metric-names.ts';
import type { TokenRefresherAlarms } from './alarms.ts';
import { refresherMetric } from './refresher-metric.ts';

/** Columns of a dashboard's grid. */
const WIDTH = 24;

/** One page to see, for whoever is paged, what the alarms saw: in time steps of the alarms' period. */
export function createDashboard(
  scope: Construct,
  {
    parameterName,
    checkEvery,
    refreshBefore,
    refresher,
    alarms,
  }: {
    parameterName: string;
    checkEvery: Duration;
    refreshBefore: Duration;
    refresher: LambdaFunction;
    alarms: TokenRefresherAlarms;
  },
): Dashboard {
  const policy = { checkEvery: checkEvery.toSeconds(), refreshBefore: refreshBefore.toSeconds() };
  const period = Duration.seconds(alarmPeriod(policy.checkEvery));
  const metric = (name: (typeof METRIC)[keyof typeof METRIC], statistic: string, label: string) =>
    refresherMetric(parameterName, name, { statistic, period, label });
  return new Dashboard(scope, 'Dashboard', {
    // A generated name would tell neither the stack nor the region, and dashboards belong to all regions.
    dashboardName: `${Names.uniqueResourceName(scope, { separator: '-', allowedSpecialCharacters: '-', maxLength: 200 })}-${Stack.of(scope).region}`,
    defaultInterval: Duration.days(1),
    periodOverride: PeriodOverride.INHERIT,
    widgets: [
      [
        new TextWidget({
          markdown: `# Access token in ${parameterName}\n\nIn case of an alarm: \`${COMMAND} doctor ${parameterName}\`\n\nRunbook: \`docs/operations.md\``,
          width: WIDTH / 2,
          height: 3,
        }),
        new AlarmStatusWidget({
          title: 'Alarms',
          alarms: Object.values(alarms),
          width: WIDTH / 2,
          height: 3,
        }),
      ],
      [
        new GraphWidget({
          title: 'Time left, in minutes',
          left: [
            new MathExpression({
              expression: 'left / 60',
              usingMetrics: { left: metric(METRIC.secondsUntilExpiry, Stats.MINIMUM, 'seconds left') },
              label: 'minutes left',
              color: Color.BLUE,
              period,
            }),
          ],
          leftAnnotations: [
            {
              value: policy.refreshBefore / 60,
              label: 'replaced from here on (refreshBefore)',
              color: Color.GREY,
            },
            {
              value: expiryThreshold(policy) / 60,
              label: 'TokenExpiring goes off below this',
              color: Color.RED,
            },
          ],
          leftYAxis: { min: 0, showUnits: false },
          width: WIDTH,
          height: 6,
        }),
      ],
      [
        new GraphWidget({
          title: 'Mints and failed runs',
          left: [
            new MathExpression({
              expression: 'FILL(minted, 0)',
              usingMetrics: { minted: metric(METRIC.minted, Stats.SUM, 'minted') },
              label: 'minted',
              color: Color.GREEN,
              period,
            }),
            new MathExpression({
              expression: `FILL(${searchFailures(parameterName, period)}, 0)`,
              label: '',
              period,
            }),
          ],
          stacked: true,
          leftYAxis: { min: 0, showUnits: false },
          width: 10,
          height: 6,
        }),
        new GraphWidget({
          title: 'Requests for a token in one run',
          left: [
            new MathExpression({
              expression: 'FILL(requests, 0)',
              usingMetrics: { requests: metric(METRIC.mintAttempts, Stats.MAXIMUM, 'requests') },
              label: 'requests',
              color: Color.ORANGE,
              period,
            }),
          ],
          stacked: true,
          leftYAxis: { min: 0, showUnits: false },
          width: 7,
          height: 6,
        }),
        new GraphWidget({
          title: 'Time to mint, in milliseconds',
          left: [
            new MathExpression({
              expression: 'FILL(duration, REPEAT)',
              usingMetrics: { duration: metric(METRIC.mintDuration, Stats.MAXIMUM, 'duration') },
              label: 'of the last mint',
              color: Color.PURPLE,
              period,
            }),
          ],
          leftYAxis: { min: 0, showUnits: false },
          width: 7,
          height: 6,
        }),
      ],
      [
        new LogQueryWidget({
          title: 'Last errors',
          logGroupNames: [refresher.logGroup.logGroupName],
          queryLines: [
            'fields @timestamp, code, message',
            `filter level = "ERROR" and service = "${METRICS_SERVICE}"`,
            'sort @timestamp desc',
            'limit 20',
          ],
          width: WIDTH,
          height: 6,
        }),
      ],
    ],
  });
}

/** A line for each error code that there was: only a search finds metrics that may or may not be there. */
function searchFailures(parameterName: string, period: Duration): string {
  const schema = [METRICS_NAMESPACE, SERVICE_DIMENSION, PARAMETER_DIMENSION, CODE_DIMENSION].join(',');
  return `SEARCH('{${schema}} MetricName="${METRIC.failed}" ${PARAMETER_DIMENSION}="${parameterName}"', 'Sum', ${period.toSeconds()})`;
}
