import type { Seams } from './seams.ts';

/** Settles like the promise, or resolves to undefined after the given milliseconds. The operation itself goes on. */
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
