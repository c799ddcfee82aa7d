import { RefreshError } from '../shared/refresh-error.ts';
import { RUN_TIMEOUT_SECONDS, STORE_RESERVE_SECONDS } from '../shared/time-budget.ts';
import { lookingAgain, type RefreshEvent } from './event.ts';
import { TOKEN_EXPIRED } from './grant.ts';
import { type RefreshTools, type RunObservations, refresh } from './refresh.ts';
import { type Attempt, type RunContext, reported } from './report-attempt.ts';
import { waitOutThrottling } from './throttling.ts';

/** Longer than what is left of a token with an `expires_in` of 0, in milliseconds. */
const LAST_SECOND_WAIT_MS = 2_000;

/**
 * Makes one attempt, and reports how it ended. The caller may read `observations` after a failure too.
 * @throws RefreshError as `refresh` does
 */
export async function attempt(
  event: RefreshEvent,
  { mostRequests, observations }: Pick<RefreshTools, 'mostRequests' | 'observations'>,
  context: RunContext,
): Promise<Attempt> {
  const { configuration, startedAt, tools } = context;
  const { clock } = tools;
  observations.isReport = event.type === 'rejected';
  const now = clock.now();
  const left = startedAt + tools.remaining - now;
  const budget = Math.min(RUN_TIMEOUT_SECONDS * 1_000, left);
  const deadline = now + budget - STORE_RESERVE_SECONDS * 1_000;
  const look = (cause: RefreshEvent) =>
    refresh(cause, configuration, { ...tools, deadline, mostRequests, observations });
  const lookTwice = () =>
    look(event).catch(async (error: unknown) => {
      if (!isLastSecond(error, observations, clock.now())) throw error;
      await clock.sleep(LAST_SECOND_WAIT_MS);
      const { version = 0 } = observations;
      return look(lookingAgain(event, version));
    });
  return reported(context, observations, () =>
    observations.isReport ? waitOutThrottling(lookTwice, { ...tools, deadline }) : lookTwice(),
  );
}

/** Whether the endpoint may have granted the last second of the stored token again. */
function isLastSecond(error: unknown, { expiresAt = 0 }: RunObservations, now: number): boolean {
  if (!(error instanceof RefreshError) || error.details.reason !== TOKEN_EXPIRED) return false;
  return Math.abs(expiresAt * 1_000 - now) <= LAST_SECOND_WAIT_MS;
}
