import { Annotations, Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IDependable } from 'constructs';
import {
  alarmPeriod,
  checksBeforeWarning,
  expiryThreshold,
  leastMarginToPage,
} from '../../lambda/shared/alarm-bounds.ts';
import { COMMAND } from '../../lambda/shared/command-name.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';
import { acknowledge } from './acknowledge.ts';
import { LONGEST_REFRESH_BEFORE } from './property-rules.ts';
import { refresherMetric } from './refresher-metric.ts';

/** The alarms of one refresher, for further actions. */
export interface TokenRefresherAlarms {
  /** The token is about to expire, or nothing is heard of the refresher any more: somebody has to act now. */
  readonly tokenExpiring: Alarm;
  /** Several checks in a row failed; the token may still be good. */
  readonly refreshFailing: Alarm;
  /** The dead-letter queue keeps receiving events that could not be delivered, or failed runs. */
  readonly deadLetters: Alarm;
  /** The token endpoint keeps answering 429. */
  readonly throttled: Alarm;
}

/** A run that ends with 429 has asked and waited for most of a minute: two of three in a row are no passing fault. */
const THROTTLED = { datapointsToAlarm: 2, evaluationPeriods: 3 } as const;

export function createAlarms(
  scope: Construct,
  {
    parameterName,
    checkEvery,
    refreshBefore,
    refresher,
    deadLetterQueue,
    firstToken,
    topic,
  }: {
    parameterName: string;
    checkEvery: Duration;
    refreshBefore: Duration;
    refresher: LambdaFunction;
    deadLetterQueue: IQueue;
    firstToken: IDependable;
    topic: ITopic | undefined;
  },
): TokenRefresherAlarms {
  const policy = { checkEvery: checkEvery.toSeconds(), refreshBefore: refreshBefore.toSeconds() };
  const period = Duration.seconds(alarmPeriod(policy.checkEvery));
  const threshold = expiryThreshold(policy);
  const several = checksBeforeWarning(policy);
  const create = (
    id: string,
    description: string,
    props: Omit<AlarmProps, 'alarmDescription' | 'comparisonOperator'> & Partial<AlarmProps>,
  ): Alarm => {
    const alarm = new Alarm(scope, id, {
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      alarmDescription: `${description} Runbook: docs/operations.md#${id.toLowerCase()}`,
      ...props,
    });
    // An alarm that is there before the first token would go off for want of it.
    alarm.node.addDependency(firstToken);
    if (topic === undefined) {
      acknowledge(alarm, {
        'NIST.800.53.R5-CloudWatchAlarmAction':
          'Whom it tells is for notificationEmail or notificationTopic to say. Without them its state is still seen.',
      });
    } else {
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
    }
    return alarm;
  };
  warnOfLateAlarm(scope, policy);
  const doctor = `${COMMAND} doctor ${parameterName}`;
  return {
    tokenExpiring: create(
      'TokenExpiring',
      `Act now: the access token in ${parameterName} has less than ${humanTime(threshold)} left, or nothing was heard of its ` +
        'refresher since several checks. Who reads an expired token is refused. ' +
        `To find the cause and the command that mends it: ${doctor}. ` +
        `To try at once: aws lambda invoke --function-name ${refresher.functionName} --payload '{"force": true}' ` +
        '--cli-binary-format raw-in-base64-out /dev/stdout.',
      {
        metric: refresherMetric(parameterName, METRIC.secondsUntilExpiry, {
          statistic: Stats.MINIMUM,
          period,
        }),
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold,
        evaluationPeriods: 1,
        // A stopped schedule, a deleted function and a broken log pipeline all show as silence.
        treatMissingData: TreatMissingData.BREACHING,
      },
    ),
    refreshFailing: create(
      'RefreshFailing',
      `Look soon: ${several} checks of the access token in ${parameterName} failed in a row. Readers still have the ` +
        'former token for as long as it is good; the alarm TokenExpiring goes off before it is not. ' +
        `To find the cause and the command that mends it: ${doctor}. The errors: ` +
        `aws logs filter-log-events --log-group-name ${refresher.logGroup.logGroupName} --filter-pattern '{ $.level = "ERROR" }'.`,
      {
        // Lambda's own count costs nothing and has the runs too that timed out or crashed.
        metric: refresher.metricErrors({ statistic: Stats.SUM, period }),
        threshold: 1,
        evaluationPeriods: several,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      },
    ),
    deadLetters: create(
      'DeadLetters',
      `Look soon: events for the refresher of ${parameterName} could not be delivered, or its runs failed, several checks in a ` +
        `row; they are in the dead-letter queue. To see them: aws sqs receive-message --queue-url ${deadLetterQueue.queueUrl} ` +
        '--max-number-of-messages 10 --visibility-timeout 0 --message-attribute-names All. ' +
        `To find the cause and the command that mends it: ${doctor}.`,
      {
        // What arrives, not what lies there: one failed run stays in the queue for days and is no reason to get up.
        metric: deadLetterQueue.metricNumberOfMessagesSent({ statistic: Stats.SUM, period }),
        threshold: 1,
        evaluationPeriods: several,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      },
    ),
    throttled: create(
      'Throttled',
      `Look soon: the token endpoint refuses to mint the access token for ${parameterName}, as it was asked too often (429). ` +
        'The next checks try again by themselves; do not force any. Find out what else asks for tokens with these ' +
        `credentials, and how long the endpoint wants to be left alone: ${doctor}.`,
      {
        metric: refresherMetric(parameterName, METRIC.failed, {
          code: 'RATE_LIMITED',
          statistic: Stats.SUM,
          period,
        }),
        threshold: 1,
        ...THROTTLED,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      },
    ),
  };
}

function warnOfLateAlarm(
  scope: Construct,
  { checkEvery, refreshBefore }: { checkEvery: number; refreshBefore: number },
): void {
  const least = leastMarginToPage(checkEvery);
  if (refreshBefore >= least) return;
  Annotations.of(scope).addWarningV2(
    'token-refresher:late-alarm',
    `With checkEvery ${Duration.seconds(checkEvery).toIsoString()}, the alarm TokenExpiring comes in time for certain only where refreshBefore ` +
      `is at least ${Duration.seconds(least).toIsoString()}; got ${Duration.seconds(refreshBefore).toIsoString()}. ${least > LONGEST_REFRESH_BEFORE.toSeconds() ? 'Lower checkEvery.' : 'Lower checkEvery or raise refreshBefore.'}`,
  );
}

function humanTime(seconds: number): string {
  return Duration.seconds(seconds).toHumanString();
}
