import type { Clock } from '../shared/clock.ts';

/**
 * Waits before each further attempt, in milliseconds. A role's new permissions take some seconds to apply everywhere.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html (eventual consistency)
 */
const WAITS_FOR_PERMISSIONS_MS = [5_000, 10_000, 15_000, 20_000];

/** Repeats an attempt while its result may mean that a permission does not apply yet. Returns the last result. */
export async function retryWithoutPermission<Result>(
  attempt: () => Promise<Result>,
  mayLackPermission: (result: Result) => boolean,
  clock: Clock,
): Promise<Result> {
  for (const wait of WAITS_FOR_PERMISSIONS_MS) {
    const result = await attempt();
    if (!mayLackPermission(result)) return result;
    await clock.sleep(wait);
  }
  return attempt();
}
