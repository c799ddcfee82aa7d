import { type Policy, refreshMargin } from '../../lambda/shared/refresh-margin.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../../lambda/shared/time-budget.ts';
import type { KnownToken } from './read-parameter.ts';

/** Whether a check should already have replaced the token. `now` is in Unix seconds. */
export function isOverdue({ issued_at, expires_at }: KnownToken, policy: Policy, now: number): boolean {
  const margin = refreshMargin(expires_at - issued_at, policy);
  return expires_at - now < margin - policy.checkEvery - SCHEDULE_PRECISION_SECONDS;
}
