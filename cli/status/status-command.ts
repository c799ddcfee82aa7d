import type { CommandContext } from '../command-context.ts';
import { fewAtATime } from '../deployed/few-at-a-time.ts';
import { selectRefreshers } from '../deployed/select-refreshers.ts';
import type { ExitCode } from '../exit-codes.ts';
import { exitCodeOfStates } from './assess.ts';
import { readStatus } from './read-status.ts';
import { renderStatus, statusJson } from './render-status.ts';

export async function status(context: CommandContext, name: string | undefined): Promise<ExitCode> {
  const { clients, clock, commands, style } = context;
  const refreshers = await selectRefreshers(context, name);
  const statuses = await fewAtATime(refreshers, (refresher) => readStatus(refresher, clients, clock));
  const blocks = statuses.map((one) => renderStatus(one, style, commands.self('doctor', one.refresher)));
  context.answer(statuses.map(statusJson), blocks.join('\n\n'));
  return exitCodeOfStates(statuses.map(({ state }) => state));
}
