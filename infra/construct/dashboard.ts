import { Duration, Names, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Color,
  Dashboard,
  GraphWidget,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { expiryThreshold } from '../../lambda/shared/alarm-thresholds.ts';
import { COMMAND } from '../../lambda/shared/command-name.ts';
import {
  CODE_DIMENSION,
  METRIC,
  METRICS_NAMESPACE,
  METRICS_SERVICE,
  PARAMETER_DIMENSION,
  SERVICE_DIMENSION,
} from '../../lambda/shared/metric-names.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import type { TokenRefresherAlarms } from './alarms.ts';
import { type MetricName, periodOf, refresherMetric } from './refresher-metric.ts';

export interface DashboardProps {
  readonly parameterName: string;
  readonly policy: RefreshPolicy;
  readonly refresher: LambdaFunction;
  readonly alarms: TokenRefresherAlarms;
}

/** Columns of a dashboard's grid. */
const WIDTH = 24;
const SMALL_HEIGHT = 3;
const HEIGHT = 6;
const GRAPH = { leftYAxis: { min: 0, showUnits: false }, height: HEIGHT } as const;

/** Creates a dashboard that shows what the alarms evaluate, in steps of their period. */
export function createDashboard(scope: Construct, props: DashboardProps): Dashboard {
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: dashboardName(scope),
    defaultInterval: Duration.days(1),
    periodOverride: PeriodOverride.INHERIT,
    widgets: [
      [heading(props), alarmStates(props)],
      [timeLeft(props)],
      [mintsAndFailedRuns(props), requestsPerRun(props), mintDuration(props)],
      [lastErrors(props)],
    ],
  });
}

/** Dashboards are global, so the name contains the stack and the region. */
function dashboardName(scope: Construct): string {
  const options = { separator: '-', allowedSpecialCharacters: '-', maxLength: 200 };
  return `${Names.uniqueResourceName(scope, options)}-${Stack.of(scope).region}`;
}

function heading({ parameterName }: DashboardProps): IWidget {
  return new TextWidget({
    markdown: `# Access token in ${parameterName}\n\nIf an alarm fires: \`${COMMAND} doctor ${parameterName}\`\n\nRunbook: \`docs/operations.md\``,
    width: WIDTH / 2,
    height: SMALL_HEIGHT,
  });
}

function alarmStates({ alarms }: DashboardProps): IWidget {
  return new AlarmStatusWidget({
    title: 'Alarms',
    alarms: Object.values(alarms),
    width: WIDTH / 2,
    height: SMALL_HEIGHT,
  });
}

function timeLeft(props: DashboardProps): IWidget {
  const { refreshBefore } = props.policy;
  const threshold = expiryThreshold(props.policy);
  const left = line(props, METRIC.secondsUntilExpiry, {
    id: 'left',
    expression: 'left / 60',
    label: 'minutes left',
    color: Color.BLUE,
  });
  return new GraphWidget({
    ...GRAPH,
    title: 'Time left, in minutes',
    left: [left],
    leftAnnotations: [
      { value: refreshBefore / 60, label: 'refresh due (refreshBefore)', color: Color.GREY },
      { value: threshold / 60, label: 'TokenExpiring fires below this', color: Color.RED },
    ],
    width: WIDTH,
  });
}

function mintsAndFailedRuns(props: DashboardProps): IWidget {
  const minted = line(props, METRIC.minted, {
    id: 'minted',
    expression: 'FILL(minted, 0)',
    label: 'minted',
    color: Color.GREEN,
  });
  const left = [minted, failuresByCode(props)];
  return new GraphWidget({ ...GRAPH, title: 'Mints and failed runs', left, stacked: true, width: 10 });
}

function requestsPerRun(props: DashboardProps): IWidget {
  const requests = line(props, METRIC.mintAttempts, {
    id: 'requests',
    expression: 'FILL(requests, 0)',
    label: 'requests',
    color: Color.ORANGE,
  });
  return new GraphWidget({
    ...GRAPH,
    title: 'Token requests per run',
    left: [requests],
    stacked: true,
    width: 7,
  });
}

function mintDuration(props: DashboardProps): IWidget {
  const duration = line(props, METRIC.mintDuration, {
    id: 'duration',
    expression: 'FILL(duration, REPEAT)',
    label: 'last mint',
    color: Color.PURPLE,
  });
  return new GraphWidget({ ...GRAPH, title: 'Time to mint, in milliseconds', left: [duration], width: 7 });
}

function lastErrors({ refresher }: DashboardProps): IWidget {
  return new LogQueryWidget({
    title: 'Last errors',
    logGroupNames: [refresher.logGroup.logGroupName],
    queryLines: [
      'fields @timestamp, code, message',
      `filter level = "ERROR" and service = "${METRICS_SERVICE}"`,
      'sort @timestamp desc',
      'limit 20',
    ],
    width: WIDTH,
    height: HEIGHT,
  });
}

/** A line of a graph. `expression` refers to the metric by `id`. */
function line(
  { parameterName, policy }: DashboardProps,
  name: MetricName,
  { id, ...options }: { id: string; expression: string; label: string; color: string },
): MathExpression {
  const period = periodOf(policy);
  const metric = refresherMetric(parameterName, name, { period, label: id });
  return new MathExpression({ ...options, usingMetrics: { [id]: metric }, period });
}

/** One line per error code. A search also finds codes that first occur after the deployment. */
function failuresByCode({ parameterName, policy }: DashboardProps): MathExpression {
  const period = periodOf(policy);
  const schema = [METRICS_NAMESPACE, SERVICE_DIMENSION, PARAMETER_DIMENSION, CODE_DIMENSION].join(',');
  const query = `{${schema}} MetricName="${METRIC.failed}" ${PARAMETER_DIMENSION}="${parameterName}"`;
  const expression = `FILL(SEARCH('${query}', 'Sum', ${period.toSeconds()}), 0)`;
  return new MathExpression({ expression, label: '', period });
}
