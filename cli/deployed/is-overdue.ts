import { type RefreshPolicy, refreshMargin } from '../../lambda/shared/refresh-margin.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../../lambda/shared/time-budget.ts';
import type { LastRun } from './read-last-run.ts';
import type { KnownToken } from './read-parameter.ts';
import { isSameTokenGranted } from './same-token.ts';

/**
 * Whether a check should already have replaced the token. No check can while the endpoint grants the same token. `now` is in
 * Unix seconds. `lastRun` is undefined if it is unknown.
 */
export function isOverdue(
  { issued_at, expires_at }: KnownToken,
  policy: RefreshPolicy,
  lastRun: LastRun | undefined,
  now: number,
): boolean {
  if (isSameTokenGranted(lastRun, policy, now)) return false;
  const margin = refreshMargin(expires_at - issued_at, policy);
  return expires_at - now < margin - policy.checkEvery - SCHEDULE_PRECISION_SECONDS;
}
