import type { Seams } from './seams.ts';

/** Starts a time limit. The returned function says how many milliseconds are left: 0 if the clock was set back. */
export function startTime(milliseconds: number, now: Seams['now']): () => number {
  const startedAt = now();
  return () => {
    const passed = now() - startedAt;
    return passed < 0 ? 0 : milliseconds - passed;
  };
}
