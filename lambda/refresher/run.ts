import type { RefreshResult } from '../shared/refresh-result.ts';
import { attempt } from './attempt.ts';
import { MOST_REQUESTS } from './backoff.ts';
import { type Configuration, type Environment, readConfiguration } from './configuration.ts';
import { parseEvent, type RefreshEvent } from './event.ts';
import { newObservations, type RunTools, reportFailure } from './report-attempt.ts';
import { runCheck } from './run-check.ts';

/**
 * Runs one event. If nobody waits for the answer to a check, the run may wait until the token is due, and try again after a
 * failure.
 * @throws RefreshError with any code
 */
export async function run(given: unknown, environment: Environment, tools: RunTools): Promise<RefreshResult> {
  const { configuration, event } = readInput(given, environment, tools);
  const context = { configuration, startedAt: tools.startedAt, counted: new Set<string>(), tools };
  if (event.type === 'check' && !tools.isAwaited) return runCheck(context);
  const observations = newObservations();
  const { result } = await attempt(event, { mostRequests: MOST_REQUESTS, observations }, context);
  return result;
}

function readInput(
  given: unknown,
  environment: Environment,
  tools: RunTools,
): { readonly configuration: Configuration; readonly event: RefreshEvent } {
  try {
    return { configuration: readConfiguration(environment), event: parseEvent(given) };
  } catch (error) {
    reportFailure({ counted: new Set(), tools }, error, newObservations());
    tools.publish();
    throw error;
  }
}
