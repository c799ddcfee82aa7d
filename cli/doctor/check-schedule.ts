import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import { readSchedule } from '../deployed/read-schedule.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

/** Properties of `AWS::Scheduler::Schedule` that decide whether the refresher runs. */
interface ScheduleProperties {
  readonly ScheduleExpression?: string;
  readonly FlexibleTimeWindow?: { readonly Mode?: string };
  readonly Target?: {
    readonly Arn?: string;
    readonly RoleArn?: string;
    readonly Input?: string;
    readonly DeadLetterConfig?: { readonly Arn?: string };
  };
}

/** Checks that the schedule exists, is on and has its deployed properties. `now` is in milliseconds. */
export async function checkSchedule(
  refresher: Refresher,
  scheduler: SchedulerClient,
  commands: ShellCommands,
  now: number,
): Promise<Verdict> {
  const { schedule } = refresher;
  if (schedule === undefined) return unknown('the stack has no schedule for this function');
  const { Name: _, ...properties } = schedule.properties;
  const input = { Name: schedule.id, ...properties };
  const put = (operation: string) => commands.restoreInput(refresher, input, 'scheduler', operation);
  const found = await readSchedule(scheduler, schedule);
  if (found === undefined) return wrong('the schedule has been deleted', put('create-schedule'));
  if (found.State !== 'ENABLED')
    return wrong('the schedule is off: the refresher does not run', put('update-schedule'));
  const {
    ScheduleExpression: expression,
    FlexibleTimeWindow: window,
    Target: target,
  } = properties as ScheduleProperties;
  const differences: readonly (readonly [boolean, string])[] = [
    [found.ScheduleExpression !== expression, `runs at ${found.ScheduleExpression} instead of ${expression}`],
    [found.Target?.Arn !== target?.Arn, 'invokes another target'],
    [found.Target?.RoleArn !== target?.RoleArn, 'uses another role'],
    [found.Target?.Input !== target?.Input, 'sends another event'],
    [
      found.Target?.DeadLetterConfig?.Arn !== target?.DeadLetterConfig?.Arn,
      'does not use the dead-letter queue',
    ],
    [found.FlexibleTimeWindow?.Mode !== window?.Mode, 'may start late'],
    [found.StartDate !== undefined && found.StartDate.getTime() > now, 'has not started yet'],
    [found.EndDate !== undefined && found.EndDate.getTime() <= now, 'has ended'],
  ];
  const changes = differences.filter(([isDifferent]) => isDifferent).map(([, what]) => what);
  if (changes.length > 0) {
    return wrong(`the schedule was changed: it ${changes.join(', ')}`, put('update-schedule'));
  }
  return ok(`on, ${expression}`);
}
