import type { Seams } from './seams.ts';

/** Settles as the promise does, or resolves to undefined after so many milliseconds. The promise runs on. */
export async function settleWithin<Value>(
  promise: Promise<Value>,
  milliseconds: number,
  sleep: Seams['sleep'],
): Promise<Value | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, sleep(milliseconds, timer.signal).then(() => undefined)]);
  } finally {
    timer.abort();
  }
}
