/** What the promise comes to, or undefined where that takes longer than so many milliseconds. The promise runs on. */
export async function atMost<Value>(
  promise: Promise<Value>,
  milliseconds: number,
  sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>,
): Promise<Value | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([promise, sleep(milliseconds, timer.signal).then(() => undefined)]);
  } finally {
    timer.abort();
  }
}
