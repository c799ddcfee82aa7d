import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds. */
  readonly within: number;
  /** Milliseconds between two calls of `look`, default 1000. */
  readonly every?: number;
  readonly signal?: AbortSignal;
}

/**
 * Calls `look` until it returns something other than undefined, and returns that.
 * @throws Error that names `what` if the time runs out
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
    if (Date.now() > deadline) throw new Error(`${what}: nothing within ${within / 1_000} seconds`);
    await sleep(every, undefined, { ...(signal && { signal }) });
  }
}
