import { unixSeconds } from '../../lambda/shared/clock.ts';
import type { RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { duration, instant } from '../terminal/time.ts';

/** Describes a run that this command started. */
export function describeRunOutcome(outcome: RunOutcome, { clock, style }: CommandContext): string {
  if (outcome.outcome === 'failed') return `${style('red', 'failed')}  ${outcome.message}`;
  const { reason, expires_at, parameter_version } = outcome;
  const left = duration(expires_at - unixSeconds(clock.now()));
  const what = `${outcome.outcome} (${reason})`;
  const valid = `${style('green', what)}, parameter version ${parameter_version}, valid for ${left}, until ${instant(expires_at)}`;
  if (reason !== 'same-token') return valid;
  return `${valid}\nThe token endpoint grants the same token until it expires. The refresher replaces it then.`;
}

export function exitCodeOfRun({ outcome }: RunOutcome): ExitCode {
  return outcome === 'failed' ? EXIT.attention : EXIT.ok;
}
