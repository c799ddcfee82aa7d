import type { RefreshError } from '../shared/refresh-error.ts';
import { dueAt, type RefreshPolicy } from '../shared/refresh-margin.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { latestAttempt, RETRY_WAIT_SECONDS, RUN_TIMEOUT_SECONDS } from '../shared/time-budget.ts';

/** The progress of a run. Unix times in milliseconds. */
export interface RunSoFar {
  readonly now: number;
  /** The latest moment for the start of an attempt. */
  readonly latest: number;
  /** Attempts in a row that failed, or that left the token to another run. */
  readonly failedInARow: number;
}

/**
 * The latest moment for the start of an attempt in a run that began at `startedAt` and may take `remaining` milliseconds. Unix
 * times in milliseconds.
 */
export function latestStart(startedAt: number, remaining: number, { checkEvery }: RefreshPolicy): number {
  const limit = remaining / 1_000 - RUN_TIMEOUT_SECONDS;
  return startedAt + Math.min(latestAttempt(checkEvery), limit) * 1_000;
}

/**
 * When to look again after a success, in Unix time in milliseconds: as soon as the token is due, or soon if another run replaces
 * it. Undefined if the next check comes in time, or if this run cannot wait that long.
 */
export function nextLook(
  { outcome, reason, expires_at }: RefreshResult,
  origin: Pick<StoredToken, 'issued_at'> | undefined,
  policy: RefreshPolicy,
  soFar: RunSoFar,
): number | undefined {
  if (reason === 'being-replaced') return after(waitAfter(soFar), soFar);
  if (outcome === 'minted' || reason === 'same-token' || origin === undefined) return undefined;
  // `decide` counts whole seconds.
  const due = Math.ceil(dueAt({ issued_at: origin.issued_at, expires_at }, policy)) * 1_000;
  return due > soFar.now ? after(due - soFar.now, soFar) : undefined;
}

/**
 * When to try again after a failure that may pass, in Unix time in milliseconds, and not before the endpoint allows it.
 * Undefined if the next check tries first.
 */
export function nextRetry({ code, retryable, details }: RefreshError, soFar: RunSoFar): number | undefined {
  if (!retryable) return undefined;
  const { notBefore, resetAt } = details;
  // A server that is down may recover before its rate limit resets.
  const reset = code === 'RATE_LIMITED' ? resetAt : undefined;
  // The claim's record keeps the pause in whole seconds.
  const asked = Math.ceil((notBefore ?? reset ?? 0) / 1_000) * 1_000 - soFar.now;
  return after(Math.max(waitAfter(soFar), asked), soFar);
}

function waitAfter({ failedInARow }: RunSoFar): number {
  const [first, further] = RETRY_WAIT_SECONDS;
  return (failedInARow <= 1 ? first : further) * 1_000;
}

function after(wait: number, { now, latest }: RunSoFar): number | undefined {
  return now + wait <= latest ? now + wait : undefined;
}
