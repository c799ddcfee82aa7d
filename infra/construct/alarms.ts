import { Annotations, Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IDependable } from 'constructs';
import {
  checksBeforeWarning,
  expiryThreshold,
  leastMarginToPage,
} from '../../lambda/shared/alarm-thresholds.ts';
import { COMMAND } from '../../lambda/shared/command-name.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { acknowledge } from './acknowledge.ts';
import { LONGEST_REFRESH_BEFORE } from './property-rules.ts';
import { failedMetric, periodOf, refresherMetric } from './refresher-metric.ts';

/** The alarms of one refresher. Add your own actions to them. */
export interface TokenRefresherAlarms {
  /** The token is about to expire, or the refresher has stopped reporting. Someone must act now. */
  readonly tokenExpiring: Alarm;
  /** Several checks in a row failed. The stored token may still be valid. */
  readonly refreshFailing: Alarm;
  /** Undelivered events or failed runs keep arriving in the dead-letter queue. */
  readonly deadLetters: Alarm;
  /** The token endpoint keeps answering 429. */
  readonly throttled: Alarm;
}

export interface AlarmsProps {
  readonly parameterName: string;
  readonly policy: RefreshPolicy;
  readonly deadLetterQueue: IQueue;
  /** The alarms are created after this: without a token or its first metric, they would fire. */
  readonly firstToken: IDependable;
  /** Receives a message when an alarm fires and when it recovers. */
  readonly topic: ITopic | undefined;
}

/** At least one event in a period. Periods without data count as zero. */
const AT_LEAST_ONE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  threshold: 1,
  treatMissingData: TreatMissingData.NOT_BREACHING,
} as const;

export function createAlarms(scope: Construct, props: AlarmsProps): TokenRefresherAlarms {
  warnIfAlarmMayBeLate(scope, props.policy);
  return {
    tokenExpiring: createTokenExpiring(scope, props),
    refreshFailing: createRefreshFailing(scope, props),
    deadLetters: createDeadLetters(scope, props),
    throttled: createThrottled(scope, props),
  };
}

function createTokenExpiring(scope: Construct, props: AlarmsProps): Alarm {
  const { parameterName, policy } = props;
  const threshold = expiryThreshold(policy);
  const state =
    `Act now: the access token in ${parameterName} is valid for less than ${Duration.seconds(threshold).toHumanString()}, ` +
    'or the refresher has stopped reporting. Readers fail once the token has expired.';
  return createAlarm(scope, 'TokenExpiring', state, props, {
    metric: refresherMetric(parameterName, METRIC.secondsUntilExpiry, { period: periodOf(policy) }),
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    threshold,
    evaluationPeriods: 1,
    // A stopped schedule, a deleted function and a broken log pipeline all show as missing data.
    treatMissingData: TreatMissingData.BREACHING,
  });
}

function createRefreshFailing(scope: Construct, props: AlarmsProps): Alarm {
  const { parameterName, policy } = props;
  const evaluationPeriods = checksBeforeWarning(policy);
  const state =
    `Look soon: ${evaluationPeriods} checks of the access token in ${parameterName} failed in a row. ` +
    'Readers keep the stored token until it expires; TokenExpiring fires before that.';
  return createAlarm(scope, 'RefreshFailing', state, props, {
    // Lambda's own error count arrives only when a run ends. Runs that crash reach the dead-letter queue.
    metric: failedMetric(parameterName, undefined, { period: periodOf(policy) }),
    ...AT_LEAST_ONE,
    evaluationPeriods,
  });
}

function createDeadLetters(scope: Construct, props: AlarmsProps): Alarm {
  const { parameterName, policy, deadLetterQueue } = props;
  const state =
    `Look soon: several checks of the access token in ${parameterName} failed in a row or could not be delivered. ` +
    'Readers keep the stored token until it expires. The events are in the dead-letter queue.';
  return createAlarm(scope, 'DeadLetters', state, props, {
    // Counts arrivals: a message stays in the queue for 14 days, and a single failed run is no incident.
    metric: deadLetterQueue.metricNumberOfMessagesSent({ statistic: Stats.SUM, period: periodOf(policy) }),
    ...AT_LEAST_ONE,
    evaluationPeriods: checksBeforeWarning(policy),
  });
}

function createThrottled(scope: Construct, props: AlarmsProps): Alarm {
  const { parameterName, policy } = props;
  const state =
    `Look soon: the token endpoint answers 429 (too many requests) for the access token in ${parameterName}. ` +
    'Readers keep the stored token until it expires. Do not force a refresh: the next checks try again.';
  return createAlarm(scope, 'Throttled', state, props, {
    metric: failedMetric(parameterName, 'RATE_LIMITED', { period: periodOf(policy) }),
    ...AT_LEAST_ONE,
    // A run that fails with 429 has already retried for most of a minute, so two of three runs are enough.
    datapointsToAlarm: 2,
    evaluationPeriods: 3,
  });
}

/** `state` says what has happened, and what that means for readers. */
function createAlarm(
  scope: Construct,
  id: string,
  state: string,
  { parameterName, firstToken, topic }: AlarmsProps,
  props: AlarmProps,
): Alarm {
  const nextStep = `To find the cause and the fix: ${COMMAND} doctor ${parameterName}.`;
  const runbook = `Runbook: docs/operations.md#${id.toLowerCase()}`;
  const alarm = new Alarm(scope, id, { ...props, alarmDescription: `${state} ${nextStep} ${runbook}` });
  alarm.node.addDependency(firstToken);
  notify(alarm, topic);
  return alarm;
}

function notify(alarm: Alarm, topic: ITopic | undefined): void {
  if (topic === undefined) {
    acknowledge(alarm, {
      'NIST.800.53.R5-CloudWatchAlarmAction':
        'Notifications are optional: notificationEmail or notificationTopic sets the recipient. Without one, the console and the CLI still show the state.',
    });
    return;
  }
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
}

function warnIfAlarmMayBeLate(scope: Construct, { checkEvery, refreshBefore }: RefreshPolicy): void {
  const least = leastMarginToPage(checkEvery);
  if (refreshBefore >= least) return;
  const iso = (seconds: number) => Duration.seconds(seconds).toIsoString();
  const fix =
    least > LONGEST_REFRESH_BEFORE.toSeconds()
      ? 'Lower checkEvery.'
      : 'Raise refreshBefore or lower checkEvery.';
  Annotations.of(scope).addWarningV2(
    'token-refresher:late-alarm',
    `refreshBefore is ${iso(refreshBefore)}. With checkEvery ${iso(checkEvery)}, it must be at least ${iso(least)} ` +
      `for TokenExpiring to fire before the token expires in every case. ${fix}`,
  );
}
