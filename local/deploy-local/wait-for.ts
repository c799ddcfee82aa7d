import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds. */
  readonly within: number;
  /** Milliseconds from one look to the next, default 1000. */
  readonly every?: number;
  readonly signal?: AbortSignal;
}

/**
 * Looks again and again until there is something, and returns it.
 * @throws Error that names what was waited for, where it does not come in time
 */
export async function waitFor<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
  { within, every = 1_000, signal }: WaitOptions,
): Promise<Found> {
  const deadline = Date.now() + within;
  while (true) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${within / 1_000} seconds`);
    await sleep(every, undefined, { ...(signal && { signal }) });
  }
}
