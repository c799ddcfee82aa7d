import type { Load, Loaded } from './load-parameter.ts';
import type { Seams } from './seams.ts';

/**
 * Milliseconds. A load takes at most 15 seconds, and the import of an SDK a few more. If one took longer, Lambda froze the
 * container meanwhile.
 */
const LONGEST_LOAD_MS = 20_000;

/** Loads again if Lambda froze the container during a load. Calls `note` with each load that counts, and with its start. */
export function loadAfterFreeze(
  load: Load,
  note: (loaded: Loaded, startedAt: number) => void,
  now: Seams['now'],
): Load {
  return async () => {
    const startedAt = now();
    const loaded = await load();
    const endedAt = now();
    const isFrozen = endedAt - startedAt > LONGEST_LOAD_MS;
    // A failure says nothing about Parameter Store then, and an answer may be old.
    if (!isFrozen || loaded.type === 'token') note(loaded, startedAt);
    if (!isFrozen) return loaded;
    const again = await load();
    note(again, endedAt);
    return again;
  };
}
