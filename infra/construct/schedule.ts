import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';

/** Retries of an event that could not be delivered, until the next check is due. */
const SCHEDULE_RETRIES = 3;

/** Creates the schedule that sends `{}` to the function, with its own group and a role that may do only that. */
export function createSchedule(
  scope: Construct,
  refresher: IFunction,
  policy: RefreshPolicy,
  deadLetterQueue: IQueue,
): Schedule {
  const checkEvery = Duration.seconds(policy.checkEvery);
  const scheduleGroup = new ScheduleGroup(scope, 'ScheduleGroup', {
    // A group left behind would keep the stack from being deployed again under the same name.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = createScheduleRole(scope, scheduleGroup, refresher, deadLetterQueue);
  const schedule = new Schedule(scope, 'Schedule', {
    description: 'Checks whether the access token must be replaced',
    schedule: ScheduleExpression.rate(checkEvery),
    scheduleGroup,
    target: new LambdaInvoke(refresher, {
      // Otherwise CDK would also allow the role to invoke every version of the function.
      role: role.withoutPolicyUpdates(),
      input: ScheduleTargetInput.fromObject({}),
      deadLetterQueue,
      retryAttempts: SCHEDULE_RETRIES,
      maxEventAge: checkEvery,
    }),
  });
  // Scheduler checks the role's permissions when the schedule is created.
  schedule.node.addDependency(role);
  return schedule;
}

function createScheduleRole(
  scope: Construct,
  { scheduleGroupArn }: ScheduleGroup,
  refresher: IFunction,
  deadLetterQueue: IQueue,
): Role {
  const role = new Role(scope, 'ScheduleRole', {
    description: 'Lets the schedule invoke the refresher',
    // Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account, 'aws:SourceArn': scheduleGroupArn },
      },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [refresher.functionArn] }),
  );
  role.addToPolicy(
    new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
  );
  acknowledge(role, OWN_POLICY);
  return role;
}
