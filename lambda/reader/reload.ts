import { abortable } from './abortable.ts';
import type { HeldToken } from './held-token.ts';
import type { Load, Loaded } from './load-parameter.ts';
import { retryDelay } from './load-waits.ts';
import type { ReloadSchedule } from './reload-schedule.ts';
import type { Seams } from './seams.ts';
import { settleWithin } from './settle-within.ts';
import { singleFlight } from './single-flight.ts';
import type { Unavailability } from './token-unavailable-error.ts';
import { isEnding, waitForNext } from './wait-for-next.ts';

/** How long a read without a token to serve retries while Parameter Store throttles, in milliseconds. */
const THROTTLED_PATIENCE_MS = 60_000;
/** The same for other transient failures. They may last long, so it is better to fail soon. */
const FAILING_PATIENCE_MS = 10_000;
/** How long a read that can be answered from memory waits for a better token, in milliseconds. */
const LOOK_PATIENCE_MS = 1_000;

/** Loads the parameter into the held token, one load at a time for all callers. */
export function createReload(load: Load, held: HeldToken, schedule: ReloadSchedule, seams: Seams) {
  let failure: Unavailability | undefined;

  const loading = singleFlight(async () => {
    const loaded = await load();
    failure = loaded.type === 'failure' ? loaded.failure : undefined;
    schedule.plan(loaded.type === 'token' && held.offer(loaded.token));
    return loaded;
  });
  const waiting = singleFlight(async () => {
    const fruitlessBefore = schedule.fruitless;
    const outcome = await loadPatiently(loading.run, seams);
    // All loads of one wait count as one.
    if (outcome === 'gave-up') schedule.planAfter(fruitlessBefore + 1);
    return outcome;
  });
  const loadedPatiently = async () =>
    (await loadPatiently(loading.run, seams)) === 'done' && failure === undefined;
  const waitingForNext = singleFlight(() =>
    waitForNext(loadedPatiently, held, schedule.fruitless > 0, seams),
  );
  return {
    /** Why the latest load brought no token. */
    failure: () => failure,
    /** Starts a load, or joins the load under way. Never rejects. */
    start: loading.run,
    /** Starts a load after the load under way, which may return an older value. Never rejects. */
    async startFresh(): Promise<Loaded> {
      if (loading.pending) await loading.run();
      return loading.run();
    },
    /** For a read that can be answered from memory: loads once. Waits briefly, unless the token was rejected. */
    async lookForBetter(required: number, signal: AbortSignal | undefined): Promise<void> {
      if (!loading.pending && !schedule.mayLoad(required)) return;
      // At most half of the validity left, so that the token in memory can still be served.
      const patience = Math.min(LOOK_PATIENCE_MS, (held.validity() - required) * 500);
      const loaded = loading.run();
      await abortable(held.isRejected() ? loaded : settleWithin(loaded, patience, seams.sleep), signal);
    },
    /** For a read that cannot be answered from memory: loads until patience runs out. */
    async waitForToken(required: number, signal: AbortSignal | undefined): Promise<void> {
      // A wait for the next token may still retry throttled loads when the token has long ended.
      if (isEnding(held.validity()) || waitingForNext.pending) await abortable(waitingForNext.run(), signal);
      if (held.validity() > required) return;
      const joins = waiting.pending;
      if (!joins && !schedule.mayLoad(required)) return;
      const outcome = await abortable(waiting.run(), signal);
      // Lambda may have frozen the container during the wait that was joined, so its patience may be long gone.
      if (joins && outcome === 'gave-up' && held.validity() <= required)
        await abortable(loading.run(), signal);
    },
  };
}

/** Loads until a load returns a token, or its failure is not transient, or patience runs out. */
async function loadPatiently(load: Load, { now, random, sleep }: Seams): Promise<'done' | 'gave-up'> {
  const startedAt = now();
  for (let attempt = 1; ; attempt += 1) {
    const loaded = await load();
    if (loaded.type === 'token' || loaded.transient === undefined) return 'done';
    const patience = loaded.transient === 'throttled' ? THROTTLED_PATIENCE_MS : FAILING_PATIENCE_MS;
    const delay = retryDelay(attempt, random);
    if (now() + delay - startedAt > patience) return 'gave-up';
    await sleep(delay);
  }
}
