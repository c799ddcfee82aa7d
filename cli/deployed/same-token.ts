import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { instant } from '../terminal/time.ts';
import { isLate, type LastRun } from './read-last-run.ts';
import type { KnownToken } from './read-parameter.ts';

/** Whether the last check found that the endpoint grants the stored token again. A late or failed check shows a fault instead. */
export function isSameTokenGranted(
  run: LastRun | undefined,
  { checkEvery }: RefreshPolicy,
  now: number,
): boolean {
  if (run === undefined || run.outcome === 'failed' || isLate(run, checkEvery, now)) return false;
  return run.reason === 'same-token';
}

/** Says why the token was not replaced yet, and when the refresher asks for another. Times are in Unix seconds. */
export function describeSameToken(
  { expires_at }: KnownToken,
  { at }: LastRun,
  { checkEvery }: RefreshPolicy,
  now: number,
): string {
  const next = Math.min(Math.floor(at / 1_000) + checkEvery, expires_at);
  return `the endpoint grants the same token until it expires; the refresher asks again at ${instant(Math.max(next, now))}`;
}
