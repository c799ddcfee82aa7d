import type { CommandContext } from '../command-context.ts';
import { describeRunOutcome, exitCodeOfRun } from '../deployed/describe-run-outcome.ts';
import { runRefresher } from '../deployed/run-refresher.ts';
import { selectRefresher } from '../deployed/select-refreshers.ts';
import type { ExitCode } from '../exit-codes.ts';

export async function refresh(context: CommandContext, name: string | undefined): Promise<ExitCode> {
  const refresher = await selectRefresher(context, name);
  const outcome = await runRefresher(context, refresher, { force: true });
  context.answer(outcome, describeRunOutcome(outcome, context));
  return exitCodeOfRun(outcome);
}
