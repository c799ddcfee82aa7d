import type { RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import type { CommandContext } from '../command-context.ts';
import { describeNext } from '../deployed/describe-next.ts';
import { describeRunOutcome, exitCodeOfRun } from '../deployed/describe-run-outcome.ts';
import { fewAtATime } from '../deployed/few-at-a-time.ts';
import { isPattern } from '../deployed/name-pattern.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { runNotStarted, runRefresher } from '../deployed/run-refresher.ts';
import { onlyOne, selectRefreshers } from '../deployed/select-refreshers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

/** Mints a token now: of one refresher, or of all that match a pattern. */
export async function refresh(context: CommandContext, name: string | undefined): Promise<ExitCode> {
  const selected = await selectRefreshers(context, name);
  if (name !== undefined && isPattern(name)) return refreshAll(context, selected);
  const refresher = onlyOne(selected, name);
  const outcome = await runRefresher(context, refresher, { force: true });
  context.answer(outcome, (await textOf(outcome, refresher, context)).join('\n'));
  return exitCodeOfRun(outcome);
}

/** A refresher that cannot be run does not stop the others. */
async function refreshAll(context: CommandContext, refreshers: readonly Refresher[]): Promise<ExitCode> {
  const runs = await fewAtATime(refreshers, async (refresher) => {
    const outcome = await runRefresher(context, refresher, { force: true }).catch(runNotStarted);
    return { name: refresher.name, outcome, text: await textOf(outcome, refresher, context) };
  });
  context.answer(
    runs.map(({ name, outcome }) => ({ name, ...outcome })),
    runs
      .map(({ name, text }) => [context.style('bold', name), ...text.map((line) => `  ${line}`)].join('\n'))
      .join('\n'),
  );
  return runs.some(({ outcome }) => outcome.outcome === 'failed') ? EXIT.attention : EXIT.ok;
}

async function textOf(
  outcome: RunOutcome,
  refresher: Refresher,
  context: CommandContext,
): Promise<readonly string[]> {
  const next = await describeNext(outcome, refresher, context);
  return [...describeRunOutcome(outcome, context).split('\n'), ...(next === undefined ? [] : [next])];
}
