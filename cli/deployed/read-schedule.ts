import {
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { ifThere } from './if-there.ts';
import type { DeployedResource } from './refreshers-of-stack.ts';

/** The schedule as it is now, or undefined where it is gone. */
export async function readSchedule(
  scheduler: SchedulerClient,
  { id, properties }: DeployedResource,
): Promise<GetScheduleCommandOutput | undefined> {
  return ifThere(scheduler.send(new GetScheduleCommand({ Name: id, GroupName: groupOf(properties) })));
}

function groupOf({ GroupName: name }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof name === 'string' ? name : undefined;
}
