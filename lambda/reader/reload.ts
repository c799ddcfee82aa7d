import { abortable } from './abortable.ts';
import type { HeldToken } from './held-token.ts';
import { loadAfterFreeze } from './load-after-freeze.ts';
import type { Load, Loaded } from './load-parameter.ts';
import type { Outcome, ReloadSchedule } from './reload-schedule.ts';
import type { Transient } from './retry-pace.ts';
import type { Seams } from './seams.ts';
import { settleWithin } from './settle-within.ts';
import { singleFlight } from './single-flight.ts';
import type { Unavailability } from './token-unavailable-error.ts';
import { isEnding, waitForNext } from './wait-for-next.ts';

type Patience = Readonly<Record<Transient, number>>;
/**
 * How long reads without a token to serve retry, in milliseconds from the first failure of that kind. Throttling passes.
 * Other failures may last long, so it is better to fail soon. If Parameter Store throttles and fails in turn, the time for
 * throttling, from the first failure of all, limits both. After that time, a read fails with its first failed attempt.
 */
const PATIENCE_MS: Patience = { throttled: 60_000, failing: 10_000 };
/** The same for a token that is probably revoked. While Parameter Store fails, no other can be stored there. */
const SUCCESSOR_PATIENCE_MS: Patience = { throttled: 60_000, failing: 0 };
/** How long one read waits for that, in milliseconds. */
const SUCCESSOR_READ_PATIENCE_MS = 10_000;
/** How long a read that can be answered from memory waits for a better token, in milliseconds. */
const LOOK_PATIENCE_MS = 1_000;

/** Loads the parameter into the held token, one load at a time for all callers. */
export function createReload(load: Load, held: HeldToken, schedule: ReloadSchedule, seams: Seams) {
  const { pace, succession } = schedule;
  let failure: Unavailability | undefined;

  const note = (loaded: Loaded, startedAt: number): void => {
    failure = loaded.failure;
    schedule.plan(outcomeOf(loaded, held), startedAt);
  };
  const loading = singleFlight(loadAfterFreeze(load, note, seams.now));
  const loadPatiently = patiently(loading.run, schedule, seams);
  const waiting = singleFlight(() => loadPatiently(PATIENCE_MS));
  const loadedPatiently = () => loadPatiently(PATIENCE_MS).then(() => failure === undefined);
  const waitingForNext = singleFlight(() =>
    waitForNext(loadedPatiently, held, schedule.fruitless > 0, seams),
  );
  const lookingForSuccessor = singleFlight(async () => {
    await seams.sleep(Math.max(0, schedule.plannedLookAt() - seams.now()));
    // A load under way may have begun before the next token was stored.
    if (loading.pending) await loading.run();
    if (!succession.isSuspect()) return;
    await seams.sleep(pace.untilNext());
    await loadPatiently(SUCCESSOR_PATIENCE_MS);
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
      // Stryker disable next-line ArithmeticOperator: the tests measure it, and reads that wait so briefly require 0 seconds
      const patience = Math.min(LOOK_PATIENCE_MS, (held.validity() - required) * 500);
      const loaded = loading.run();
      await abortable(held.isRejected() ? loaded : settleWithin(loaded, patience, seams.sleep), signal);
    },
    /** For a read whose token is probably revoked: waits for the look for the next one. */
    async lookForSuccessor(signal: AbortSignal | undefined): Promise<void> {
      const hasPatience = seams.now() < pace.since + SUCCESSOR_PATIENCE_MS.throttled;
      if (pace.isPaused() && !hasPatience) return;
      const look = settleWithin(lookingForSuccessor.run(), SUCCESSOR_READ_PATIENCE_MS, seams.sleep);
      await abortable(look, signal);
    },
    /** For a read that cannot be answered from memory: loads until patience runs out. */
    async waitForToken(required: number, signal: AbortSignal | undefined): Promise<void> {
      // A wait for the next token may still retry throttled loads when the token has long ended.
      if (waitingForNext.pending || (isEnding(held.validity()) && !pace.isPaused()))
        await abortable(waitingForNext.run(), signal);
      // Stryker disable next-line ConditionalExpression: after a load that brought a token, no other is due
      if (held.validity() > required) return;
      if (waiting.pending || schedule.mayLoad(required)) await abortable(waiting.run(), signal);
    },
  };
}

function outcomeOf(loaded: Loaded, held: HeldToken): Outcome {
  if (loaded.type === 'token' && held.offer(loaded.token)) return 'better';
  // Stryker disable next-line StringLiteral: the plan is the same for any other text
  return loaded.transient ?? 'same';
}

/** Returns a function that loads until a load is answered, or patience runs out. */
function patiently(load: Load, { pace }: ReloadSchedule, { now, sleep }: Seams) {
  return async (patience: Patience): Promise<void> => {
    for (;;) {
      const { transient } = await load();
      if (transient === undefined) return;
      const endsAt = Math.min(pace.sinceReason + patience[transient], pace.since + patience.throttled);
      if (now() >= endsAt) return;
      // The last attempt comes when patience ends.
      await sleep(Math.max(0, Math.min(pace.nextAt, endsAt) - now()));
    }
  };
}
