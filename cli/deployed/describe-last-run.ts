import { duration } from '../terminal/time.ts';
import type { LastRun } from './read-last-run.ts';

/** `now` is in Unix seconds. */
export function describeLastRun(run: LastRun, now: number): string {
  const ago = `${duration(now - Math.floor(run.at / 1_000))} ago`;
  if (run.outcome === 'failed') return `${ago}: failed\n${run.message}`;
  const reason = run.reason === undefined ? '' : ` (${run.reason})`;
  return `${ago}: ${run.outcome}${reason}${run.previousCredentialsUsed ? '; the current credentials were rejected' : ''}`;
}
