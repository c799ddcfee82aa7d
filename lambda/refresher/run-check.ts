import { unixSeconds } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { attempt } from './attempt.ts';
import { MOST_REQUESTS } from './backoff.ts';
import { lookingAgain, type RefreshEvent } from './event.ts';
import { holdOpen } from './hold-open.ts';
import { latestStart, nextLook, nextRetry } from './plan-next.ts';
import type { RefreshTools } from './refresh.ts';
import { newObservations, type RunContext, reported } from './report-attempt.ts';
import { logNextAttempt, warnOfGap } from './telemetry.ts';

/** How an attempt ended. */
type Ended = { readonly result: RefreshResult } | { readonly failure: RefreshError };

/** The attempts in a row that did not settle the matter, and the last failure among them. */
interface Unsettled {
  readonly count: number;
  readonly failure?: RefreshError;
}

/**
 * Runs a scheduled check, until the next one takes over. It waits for the moment at which the token becomes due, and tries again
 * soon after a failure that may pass. Each attempt is reported as it ends, because alarms count minutes without a metric.
 * @throws RefreshError with the last failure, if no later attempt succeeded
 */
export async function runCheck(context: RunContext): Promise<RefreshResult> {
  const { configuration, startedAt, tools } = context;
  const { clock, telemetry } = tools;
  let event: RefreshEvent = { type: 'check' };
  let unsettled: Unsettled = { count: 0 };
  for (;;) {
    const observations = newObservations();
    const mostRequests = unsettled.count === 0 ? MOST_REQUESTS : 1;
    const ended = await checkAndHold(event, { mostRequests, observations }, context);
    unsettled = count(unsettled, ended);
    const soFar = {
      now: clock.now(),
      latest: latestStart(startedAt, tools.remaining, configuration),
      failedInARow: unsettled.count,
    };
    const at =
      'failure' in ended
        ? nextRetry(ended.failure, soFar)
        : nextLook(ended.result, observations.origin, configuration, soFar);
    if (at === undefined) return settle(ended, unsettled);
    logNextAttempt(telemetry.logger, at);
    while (clock.now() < at) await clock.sleep(at - clock.now());
    const { version } = observations;
    if (version !== undefined) event = lookingAgain(event, version);
    else if (event.type === 'check') event = { type: 'late', since: unixSeconds(startedAt) };
  }
}

/**
 * Attempts once. If the endpoint grants a token that it granted before, and that token ends before the next check, the run
 * waits for its end. The token that it then gets may be such a token too.
 */
async function checkAndHold(
  event: RefreshEvent,
  options: Pick<RefreshTools, 'mostRequests' | 'observations'>,
  context: RunContext,
): Promise<Ended> {
  const { configuration, tools } = context;
  try {
    let step = await attempt(event, options, context);
    for (;;) {
      const { result, plan } = step;
      const { reused } = step.observations;
      if (reused === undefined) return { result };
      if (plan === 'too-long' && reused === 'stored') warnOfGap(tools.telemetry.logger, result.expires_at);
      if (plan !== 'hold') return { result };
      const observations = newObservations();
      step = await reported(context, observations, () =>
        holdOpen(result, configuration, { ...tools, observations }),
      );
    }
  } catch (failure) {
    // Stryker disable next-line ConditionalExpression: the run does not try again after any other error, and throws it
    if (failure instanceof RefreshError) return { failure };
    throw failure;
  }
}

function count(before: Unsettled, ended: Ended): Unsettled {
  if ('failure' in ended) return { count: before.count + 1, failure: ended.failure };
  return ended.result.reason === 'being-replaced' ? { ...before, count: before.count + 1 } : { count: 0 };
}

/** @throws RefreshError if an attempt failed, and the run does not know that another run has replaced the token */
function settle(ended: Ended, { failure }: Unsettled): RefreshResult {
  if (failure === undefined && 'result' in ended) return ended.result;
  throw failure;
}
