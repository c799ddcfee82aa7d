import {
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  type SchedulerClient,
} from '@aws-sdk/client-scheduler';
import type { DeployedResource } from './refreshers-of-stack.ts';
import { unlessGone } from './unless-gone.ts';

/** Reads the live schedule, or returns undefined if it was deleted. */
export async function readSchedule(
  scheduler: SchedulerClient,
  { id, properties }: DeployedResource,
): Promise<GetScheduleCommandOutput | undefined> {
  return unlessGone(scheduler.send(new GetScheduleCommand({ Name: id, GroupName: groupOf(properties) })));
}

function groupOf({ GroupName: name }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof name === 'string' ? name : undefined;
}
