import { once } from 'node:events';

/** Milliseconds between two looks at whether npm still runs. */
const LOOK_EVERY_MS = 500;

/**
 * Aborts when the demo has to end: on a signal, when the terminal or the reader of a pipe is gone, and when npm is gone.
 * npm passes on SIGINT and SIGTERM only, so its process is watched.
 */
export function untilEnded(): AbortController {
  const ended = new AbortController();
  const end = () => ended.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end);
  if (process.env.npm_lifecycle_event !== undefined) {
    const npm = process.ppid;
    setInterval(() => process.ppid !== npm && end(), LOOK_EVERY_MS).unref();
  }
  return ended;
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
