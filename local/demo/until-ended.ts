import { execFileSync } from 'node:child_process';
import { once } from 'node:events';

/** Milliseconds between two looks at whether npm still runs. */
const LOOK_EVERY_MS = 500;

/**
 * Aborts when the demo must end: on a signal, when the terminal or the reader of a pipe is gone, and when npm is gone.
 * npm passes on SIGINT and SIGTERM only, so its process is watched.
 */
export function untilEnded(): AbortController {
  const ended = new AbortController();
  const end = () => ended.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', end);
  const npm = process.env.npm_lifecycle_event === undefined ? undefined : npmProcess();
  if (npm !== undefined) setInterval(() => isRunning(npm) || end(), LOOK_EVERY_MS).unref();
  return ended;
}

export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** The process of npm. It is the parent, or the parent of the shell that npm starts. Undefined on Windows. */
function npmProcess(): number | undefined {
  try {
    const parent = execFileSync('ps', ['-o', 'ppid=,comm=', '-p', String(process.ppid)], {
      encoding: 'utf8',
    });
    const [, grandparent = '', command = ''] = /^\s*(\d+)\s+(.+)/.exec(parent) ?? [];
    const isShell = /(^|\/)-?(ba|da|z|a|k)?sh\s*$/.test(command);
    return isShell ? Number(grandparent) : process.ppid;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
