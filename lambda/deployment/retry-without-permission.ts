import type { Clock } from '../shared/clock.ts';
import { INVOCATION_TIMEOUT_MS } from '../shared/invoke-refresher.ts';

/**
 * Waits before each further attempt, in milliseconds. A role's new permissions take some seconds to apply everywhere.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html (eventual consistency)
 */
export const WAITS_FOR_PERMISSIONS_MS = [5_000, 10_000, 15_000, 20_000];

/** How long a request of CloudFormation may take. */
export interface DeploymentTime {
  readonly clock: Clock;
  /** The last instant at which an attempt or a wait may end. Unix time in milliseconds. */
  readonly endsAt: number;
}

/**
 * Kept for the calls after the last attempt and for the answer to CloudFormation, in milliseconds. Longest case: two steps of
 * reads of 8 s each, a call that adds tags with three attempts of 4 s and waits of 3 s, and an answer of 32 s.
 */
const RESERVE_MS = 70_000;

/** The time of a function that Lambda ends after `remainingMs` (milliseconds). */
export function deploymentTime(clock: Clock, remainingMs: number): DeploymentTime {
  return { clock, endsAt: clock.now() + remainingMs - RESERVE_MS };
}

/** Repeats an attempt while its result may mean that a permission does not apply yet. Returns the last result. */
export function retryWithoutPermission<Result>(
  attempt: () => Promise<Result>,
  mayLackPermission: (result: Result) => boolean,
  time: DeploymentTime,
): Promise<Result> {
  return retry(attempt, mayLackPermission, WAITS_FOR_PERMISSIONS_MS, time);
}

/**
 * Repeats an attempt while its result may pass, after each of these waits (milliseconds). Returns the last result. An attempt
 * that could end too late is not made: CloudFormation then gets the reason instead of no answer.
 */
export async function retry<Result>(
  attempt: () => Promise<Result>,
  mayPass: (result: Result) => boolean,
  waits: readonly number[],
  { clock, endsAt }: DeploymentTime,
): Promise<Result> {
  for (const wait of waits) {
    const result = await attempt();
    if (!mayPass(result) || clock.now() + wait + INVOCATION_TIMEOUT_MS > endsAt) return result;
    await clock.sleep(wait);
  }
  return attempt();
}
