import { isThrottled } from '../shared/aws-failure.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { AttemptTime } from './until-deadline.ts';

/** The shortest and the longest wait before a report looks again, in milliseconds. Reports that wait must not return together. */
const [SHORTEST_MS, LONGEST_MS] = [1_000, 5_000] as const;

/**
 * Repeats what a report does while AWS throttles, until the deadline. Many reports may arrive at once, and Lambda does not send
 * a failed one again.
 * @throws the last failure
 */
export async function waitOutThrottling<Result>(
  report: () => Promise<Result>,
  { clock, deadline, random }: AttemptTime & { readonly random: () => number },
): Promise<Result> {
  for (;;) {
    try {
      return await report();
    } catch (error) {
      const wait = SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS);
      const mayPass = error instanceof RefreshError && isThrottled(String(error.details.reason));
      if (!mayPass || clock.now() + wait > deadline) throw error;
      await clock.sleep(wait);
    }
  }
}
