import type { CommandContext } from '../command-context.ts';
import { isPattern } from '../deployed/name-pattern.ts';
import { selectRefreshers } from '../deployed/select-refreshers.ts';
import type { ExitCode } from '../exit-codes.ts';
import { exitCodeOfStates } from './assess.ts';
import type { RefresherStatus } from './read-status.ts';
import { readStatuses } from './read-statuses.ts';
import { renderOverview } from './render-overview.ts';
import { renderStatus, statusJson } from './render-status.ts';

/** Shows the details of a named refresher, or one line for each refresher. */
export async function status(
  context: CommandContext,
  name: string | undefined,
  { verbose = false }: { readonly verbose?: boolean },
): Promise<ExitCode> {
  const { clients, clock, commands, style, streams } = context;
  const refreshers = await selectRefreshers(context, name);
  const isDetailed = verbose || (name !== undefined && !isPattern(name));
  const details = isDetailed || context.json;
  const statuses = await readStatuses(refreshers, clients, { clock, details });
  const diagnose = ({ refresher }: RefresherStatus) => commands.self('doctor', refresher);
  const text = isDetailed
    ? statuses.map((one) => renderStatus(one, style, diagnose(one))).join('\n\n')
    : renderOverview(statuses, { style, columns: streams.stdout.columns, diagnose });
  context.answer(statuses.map(statusJson), text);
  return exitCodeOfStates(statuses.map(({ state }) => state));
}
