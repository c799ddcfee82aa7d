import type { HeldToken } from './held-token.ts';
import { firstWaitForNext, laterWaitForNext, NEXT_BASE_MS } from './load-waits.ts';
import type { Seams } from './seams.ts';
import { startTime } from './time-left.ts';

/** Seconds before and after the end of a token in which the refresher may be about to store the next one. */
const ENDING = { before: 5, after: 10 } as const;

/** How long a read around the end of a token waits for the next one, in milliseconds. */
const NEXT_PATIENCE_MS = 10_000;

/** Whether a token with this validity (seconds) ends now. Some endpoints grant the next token only then. */
export function isEnding(validity: number): boolean {
  return validity <= ENDING.before && validity >= -ENDING.after;
}

/**
 * Loads until another token is held, or a load fails, or patience runs out. `load` returns whether it succeeded. `hasLooked`:
 * a load has already found the ended token.
 */
export async function waitForNext(
  load: () => Promise<boolean>,
  held: HeldToken,
  hasLooked: boolean,
  seams: Seams,
): Promise<void> {
  const { record: ended } = held;
  const timeLeft = startTime(NEXT_PATIENCE_MS, seams.now);
  // Without a look so far, the next token may already be stored.
  let wait = hasLooked ? untilFirstLoad(held.validity(), seams.random) : 0;
  while (held.record === ended && wait <= timeLeft()) {
    await seams.sleep(wait);
    if (!(await load())) return;
    wait = laterWaitForNext(seams.random);
  }
}

/** Milliseconds. Readers that ask at the end of a token would all find the old one. Later ones ask at moments of their own. */
function untilFirstLoad(validity: number, random: Seams['random']): number {
  const sinceEnd = -validity * 1_000;
  return sinceEnd < NEXT_BASE_MS ? firstWaitForNext(random) - sinceEnd : 0;
}
