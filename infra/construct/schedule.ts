import { type Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';

/** An event that could not be delivered is tried again this often, until the next check makes it pointless. */
const SCHEDULE_RETRIES = 3;

/** The schedule that sends `{}` to the function, in a group of its own, with a role that can do only that. */
export function createSchedule(
  scope: Construct,
  {
    stack,
    target,
    checkEvery,
    deadLetterQueue,
  }: { stack: Stack; target: IFunction; checkEvery: Duration; deadLetterQueue: IQueue },
): Schedule {
  const scheduleGroup = new ScheduleGroup(scope, 'ScheduleGroup', {
    // Left behind, its name would be taken when the stack is deployed again.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, 'ScheduleRole', {
    description: 'Lets the schedule invoke the refresher',
    // Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': scheduleGroup.scheduleGroupArn },
      },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }),
  );
  role.addToPolicy(
    new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] }),
  );
  acknowledge(role, OWN_POLICY);
  const schedule = new Schedule(scope, 'Schedule', {
    description: 'Checks whether the access token has to be replaced',
    schedule: ScheduleExpression.rate(checkEvery),
    scheduleGroup,
    target: new LambdaInvoke(target, {
      // The target would add permission to invoke every version of the function besides.
      role: role.withoutPolicyUpdates(),
      input: ScheduleTargetInput.fromObject({}),
      deadLetterQueue,
      retryAttempts: SCHEDULE_RETRIES,
      maxEventAge: checkEvery,
    }),
  });
  // Scheduler tries the role when the schedule is created, so its policy has to be there by then.
  schedule.node.addDependency(role);
  return schedule;
}
