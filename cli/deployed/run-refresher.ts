import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { invokeRefresher, type RunEvent, type RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import { CliError, describeFailure } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import type { Refresher } from './refreshers-of-stack.ts';
import { renewRoleGrant } from './renew-role-grant.ts';
import { unlessGone } from './unless-gone.ts';

/**
 * Runs the refresher now and waits for the result.
 * @throws CliError if the function was deleted, or cannot decrypt its environment
 */
export async function runRefresher(
  { clients, commands }: Pick<CommandContext, 'clients' | 'commands'>,
  refresher: Refresher,
  event: RunEvent,
): Promise<RunOutcome> {
  const invoking = invokeRefresher(clients.invocations, refresher.function.id, event);
  const outcome = await unlessGone(invoking).catch((error: unknown) => {
    const { name, text } = describeAwsFailure(error);
    if (name !== 'KMSAccessDeniedException') throw error;
    throw environmentLocked(text, renewRoleGrant(refresher, commands));
  });
  if (outcome === undefined) throw functionGone(refresher);
  return outcome;
}

/** A failure to start the run, as its outcome. */
export function runNotStarted(error: unknown): RunOutcome {
  return {
    outcome: 'failed',
    code: 'NOT_RUN',
    message: `the refresher could not be run: ${describeFailure(error)}`,
  };
}

export function functionGone({ name, function: { id } }: Refresher): CliError {
  return new CliError(
    `function ${id} of ${name} has been deleted. The doctor command prints the command that restores it`,
  );
}

/** Source: https://repost.aws/knowledge-center/lambda-kmsaccessdeniedexception-errors */
function environmentLocked(found: string, remedy: readonly string[]): CliError {
  return new CliError(
    [
      `the function cannot start: ${found}.`,
      'Usually its role was deleted and made again under the same name. Then give it another role, and its own again:',
      ...remedy.map((command) => `  $ ${command}`),
    ].join('\n'),
  );
}
