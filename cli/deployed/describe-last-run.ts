import { isAccessDenied } from '../../lambda/shared/aws-failure.ts';
import { duration } from '../terminal/time.ts';
import type { LastRun } from './read-last-run.ts';

/** `now` is in Unix seconds. */
export function describeLastRun(run: LastRun, now: number): string {
  const ago = `${duration(now - Math.floor(run.at / 1_000))} ago`;
  if (run.outcome === 'failed') return `${ago}: failed\n${run.message}${secretDenied(run)}`;
  const reason = run.reason === undefined ? '' : ` (${run.reason})`;
  return `${ago}: ${run.outcome}${reason}${run.previousCredentialsUsed ? ', with the previous credentials' : ''}`;
}

/** AWS also denies the access to a secret that is known by its name and does not exist. */
function secretDenied({
  code,
  underlying = '',
}: {
  readonly code: string;
  readonly underlying?: string;
}): string {
  if (code !== 'CREDENTIALS_UNAVAILABLE' || !isAccessDenied(underlying)) return '';
  return " The secret does not exist, or the function's role may not read it.";
}
