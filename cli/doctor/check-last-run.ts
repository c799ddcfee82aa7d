import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { isLate, type LastRun, readLastRun } from '../deployed/read-last-run.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { Commands } from '../remedy-commands.ts';
import { describeRun } from '../status/render-status.ts';
import { duration } from '../terminal/time.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

interface Tools {
  readonly logs: CloudWatchLogsClient;
  readonly commands: Commands;
  /** Unix time, milliseconds. */
  readonly now: number;
}

/** Whether the function runs as often as it should, and whether its last run went well. */
export async function checkLastRun(
  refresher: Refresher,
  { checkEvery }: Configuration,
  { logs, commands, now }: Tools,
): Promise<Verdict> {
  const { logGroup } = refresher;
  if (logGroup === undefined) return unknown("the function's log group is not part of the stack");
  const refresh = commands.self('refresh', refresher);
  let run: LastRun | undefined;
  try {
    run = await readLastRun(logs, logGroup.id, { checkEvery, now });
  } catch (error) {
    if (describeAwsFailure(error).name !== 'ResourceNotFoundException') throw error;
    return wrong(
      `log group ${logGroup.id} has been deleted: the function's log and metrics are lost`,
      commands.aws('logs', 'create-log-group', '--log-group-name', logGroup.id),
      ...retention(logGroup.id, logGroup.properties.RetentionInDays, commands),
      refresh,
    );
  }
  if (run === undefined) return wrong('the function has not run in the last day', refresh);
  const says = describeRun(run, now / 1_000);
  if (run.outcome === 'failed') return wrong(says, ...remedies(run.code, refresher, commands));
  if (isLate(run, checkEvery, now / 1_000)) {
    return wrong(`${says}. It should run every ${duration(checkEvery)}`, refresh);
  }
  return ok(says);
}

/** Most failures are mended at another link, and the run then has only to be repeated. */
function remedies(code: string, refresher: Refresher, commands: Commands): readonly string[] {
  const refresh = commands.self('refresh', refresher);
  if (code === 'CLIENT_REJECTED') return [commands.self('set-credentials', refresher)];
  if (code === 'REQUEST_REJECTED' || code === 'RESPONSE_INVALID' || code === 'TOKEN_TOO_LARGE') {
    return [commands.deploy(refresher), refresh];
  }
  return [refresh];
}

function retention(logGroup: string, days: unknown, commands: Commands): readonly string[] {
  if (typeof days !== 'number') return [];
  const args = ['--log-group-name', logGroup, '--retention-in-days', String(days)];
  return [commands.aws('logs', 'put-retention-policy', ...args)];
}
