import { unixSeconds } from '../../lambda/shared/clock.ts';
import type { RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import type { Context } from '../context.ts';
import { runRefresher } from '../deployed/run-refresher.ts';
import { selectRefresher } from '../deployed/select-refreshers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { duration, instant } from '../terminal/time.ts';

export async function refresh(context: Context, name: string | undefined): Promise<ExitCode> {
  const refresher = await selectRefresher(context, name);
  const outcome = await runRefresher(context.clients.lambda, refresher, { force: true });
  context.answer(outcome, describeOutcome(outcome, context));
  return exitCodeOfRun(outcome);
}

export function describeOutcome(outcome: RunOutcome, { clock, style }: Context): string {
  if (outcome.outcome === 'failed') return `${style('red', 'failed')}  ${outcome.message}`;
  const { reason, expires_at, parameter_version } = outcome;
  const left = duration(expires_at - unixSeconds(clock.now()));
  const what = `${outcome.outcome} (${reason}), version ${parameter_version} of the parameter`;
  return `${style('green', what)}, good for ${left}, until ${instant(expires_at)}`;
}

export function exitCodeOfRun({ outcome }: RunOutcome): ExitCode {
  return outcome === 'failed' ? EXIT.attention : EXIT.ok;
}
