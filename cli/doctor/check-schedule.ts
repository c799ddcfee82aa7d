import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import { readSchedule } from '../deployed/read-schedule.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { Commands } from '../remedy-commands.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

/** Those of `AWS::Scheduler::Schedule` that a check depends on. */
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

/** Whether there is a schedule, whether it is on, and whether it still is what the template made it. `now` is in milliseconds. */
export async function checkSchedule(
  refresher: Refresher,
  scheduler: SchedulerClient,
  commands: Commands,
  now: number,
): Promise<Verdict> {
  const { schedule, name } = refresher;
  if (schedule === undefined) return unknown('the stack has no schedule for this function');
  const { Name: _, ...properties } = schedule.properties;
  const input = { Name: schedule.id, ...properties };
  const put = (operation: string) => commands.restoreInput(refresher, input, 'scheduler', operation);
  const found = await readSchedule(scheduler, schedule);
  if (found === undefined) return wrong(`the schedule of ${name} has been deleted`, put('create-schedule'));
  if (found.State !== 'ENABLED')
    return wrong('the schedule is off: nothing is checked', put('update-schedule'));
  const {
    ScheduleExpression: expression,
    FlexibleTimeWindow: window,
    Target: target,
  } = properties as ScheduleProperties;
  const differences: readonly (readonly [boolean, string])[] = [
    [found.ScheduleExpression !== expression, `runs at ${found.ScheduleExpression} instead of ${expression}`],
    [found.Target?.Arn !== target?.Arn, 'invokes something else than the function'],
    [found.Target?.RoleArn !== target?.RoleArn, 'uses another role'],
    [found.Target?.Input !== target?.Input, 'sends another event'],
    [found.Target?.DeadLetterConfig?.Arn !== target?.DeadLetterConfig?.Arn, 'loses what it cannot deliver'],
    [found.FlexibleTimeWindow?.Mode !== window?.Mode, 'may be late'],
    [found.StartDate !== undefined && found.StartDate.getTime() > now, 'has not begun'],
    [found.EndDate !== undefined && found.EndDate.getTime() <= now, 'has ended'],
  ];
  const differing = differences.filter(([isDifferent]) => isDifferent).map(([, what]) => what);
  if (differing.length > 0) {
    return wrong(
      `the schedule is not as it was deployed: it ${differing.join(', ')}`,
      put('update-schedule'),
    );
  }
  return ok(`on, ${expression}`);
}
