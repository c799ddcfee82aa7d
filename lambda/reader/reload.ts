import { abortable } from './abortable.ts';
import type { HeldToken } from './held-token.ts';
import type { Load, Loaded } from './load-parameter.ts';
import { firstWaitForNext, laterWaitForNext, NEXT_BASE_MS, retryDelay } from './load-waits.ts';
import type { ReloadSchedule } from './reload-schedule.ts';
import type { Seams } from './seams.ts';
import { settleWithin } from './settle-within.ts';
import { singleFlight } from './single-flight.ts';
import type { Unavailability } from './token-unavailable-error.ts';

/** How long a read without a token to serve retries while Parameter Store throttles, in milliseconds. */
const THROTTLED_PATIENCE_MS = 60_000;
/** The same for other transient failures. They may last long, so it is better to fail soon. */
const FAILING_PATIENCE_MS = 10_000;
/** How long a read that can be answered from memory waits for a better token, in milliseconds. */
const LOOK_PATIENCE_MS = 1_000;
/** How long a read around the end of a token waits for the next one, in milliseconds. */
const NEXT_PATIENCE_MS = 10_000;

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
  const waitingForNext = singleFlight(async () => {
    const { record: ended } = held;
    const endsAt = seams.now() + NEXT_PATIENCE_MS;
    // Without a look so far, the next token may be there already.
    let wait = schedule.fruitless === 0 ? 0 : untilFirstLoad(ended?.expires_at ?? 0, seams);
    while (held.record === ended && seams.now() + wait <= endsAt) {
      await seams.sleep(wait);
      if ((await loadPatiently(loading.run, seams)) === 'gave-up' || failure !== undefined) return;
      wait = laterWaitForNext(seams.random);
    }
  });
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
      const joins = waiting.pending;
      if (!joins && !schedule.mayLoad(required)) return;
      const outcome = await abortable(waiting.run(), signal);
      // Lambda may have frozen the container during the wait that was joined, so its patience may be long gone.
      if (joins && outcome === 'gave-up' && held.validity() <= required)
        await abortable(loading.run(), signal);
    },
    /** Whether a read waits for the next token. It may still retry throttled loads when the token has long ended. */
    isWaitingForNext: () => waitingForNext.pending,
    /** For a read around the end of a token that is replaced at its end: loads until there is another one, or patience runs out. */
    async waitForNext(signal: AbortSignal | undefined): Promise<void> {
      await abortable(waitingForNext.run(), signal);
    },
  };
}

/** Milliseconds. Readers that ask at the end of a token would all find the old one. Later ones ask at moments of their own. */
function untilFirstLoad(expiresAt: number, { now, random }: Seams): number {
  const sinceEnd = now() - expiresAt * 1_000;
  return sinceEnd < NEXT_BASE_MS ? firstWaitForNext(random) - sinceEnd : 0;
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
