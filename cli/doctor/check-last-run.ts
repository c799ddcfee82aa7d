import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { describeLastRun } from '../deployed/describe-last-run.ts';
import { isLate, type LastRun } from '../deployed/read-last-run.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { duration } from '../terminal/time.ts';
import { tagMapOptions } from './create-options.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

interface Tools {
  /** The latest run, as `readLastRun` returns it. */
  readonly reading: Promise<LastRun | undefined>;
  readonly commands: ShellCommands;
  /** Unix time, milliseconds. */
  readonly now: number;
}

/** Checks that the function runs on time, and that its last run succeeded with the current credentials. */
export async function checkLastRun(
  refresher: Refresher,
  { checkEvery }: Configuration,
  { reading, commands, now }: Tools,
): Promise<Verdict> {
  const { logGroup } = refresher;
  if (logGroup === undefined) return unknown('the stack has no log group for the function');
  const refresh = commands.self('refresh', refresher);
  let run: LastRun | undefined;
  try {
    run = await reading;
  } catch (error) {
    if (describeAwsFailure(error).name !== 'ResourceNotFoundException') throw error;
    return wrong(
      `log group ${logGroup.id} has been deleted: the function's log and metrics are lost`,
      commands.restore(refresher, logGroup.properties.Tags ?? [], () =>
        commands.aws(
          ...['logs', 'create-log-group', '--log-group-name', logGroup.id],
          ...tagMapOptions(logGroup.properties.Tags),
        ),
      ),
      ...retention(logGroup.id, logGroup.properties.RetentionInDays, commands),
      refresh,
    );
  }
  if (run === undefined) return wrong('the function has not run in the last day', refresh);
  const says = describeLastRun(run, now / 1_000);
  if (run.outcome === 'failed') return wrong(says, ...remedies(run, refresher, commands));
  if (isLate(run, checkEvery, now / 1_000)) {
    return wrong(`${says}. It should run every ${duration(checkEvery)}`, refresh);
  }
  if (run.previousCredentialsUsed) return wrong(says, commands.self('set-credentials', refresher));
  return ok(says);
}

/** Most failures are fixed at another link. After that, it is enough to run the refresher again. */
function remedies(
  { code, isForbidden }: Extract<LastRun, { outcome: 'failed' }>,
  refresher: Refresher,
  commands: ShellCommands,
): readonly string[] {
  const refresh = commands.self('refresh', refresher);
  const setCredentials = commands.self('set-credentials', refresher);
  if (code === 'CLIENT_REJECTED') return [setCredentials];
  if (code === 'REQUEST_REJECTED' || code === 'RESPONSE_INVALID' || code === 'TOKEN_TOO_LARGE') {
    // A 403 without an OAuth error may reject the client or the request.
    return [...(isForbidden ? [setCredentials] : []), commands.deploy(refresher), refresh];
  }
  return [refresh];
}

function retention(logGroup: string, days: unknown, commands: ShellCommands): readonly string[] {
  if (typeof days !== 'number') return [];
  const args = ['--log-group-name', logGroup, '--retention-in-days', String(days)];
  return [commands.aws('logs', 'put-retention-policy', ...args)];
}
