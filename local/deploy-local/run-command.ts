import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ProcessOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  /** Ends the process and what it started. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command to its end and returns what it wrote.
 * @throws Error with the end of what it wrote, where the command fails
 */
export async function run(
  command: string,
  args: readonly string[],
  { environment, directory, signal }: ProcessOptions,
): Promise<string> {
  signal?.throwIfAborted();
  // A group of its own, so that it is ended together with what it started.
  const child = spawn(command, args, {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectLines(child);
  const end = () => killGroup(child, 'SIGTERM');
  signal?.addEventListener('abort', end, { once: true });
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return output.join('\n');
    const how = signal?.aborted === true ? 'was ended' : `ended with code ${code}`;
    throw new Error([`${command} ${args.join(' ')} ${how}`, ...output.slice(-20)].join('\n'));
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

/** A process that runs until it is stopped. */
export interface Service {
  /** The end of what it wrote. */
  readonly output: readonly string[];
  /** Undefined while it runs. */
  readonly exitCode: number | undefined;
  /** Sends the signal, if one is given, besides ending its standard input. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** `command` has to end when its standard input does: that is how it ends with this process, however this one ends. */
export async function startService(
  command: string,
  args: readonly string[],
  { environment, directory }: ProcessOptions,
): Promise<Service> {
  const child = spawn(command, args, {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close').catch(() => undefined);
  await once(child, 'spawn');
  return {
    output: collectLines(child),
    get exitCode() {
      return child.exitCode ?? (child.signalCode === null ? undefined : 1);
    },
    stop: async (signal) => {
      child.stdin?.end();
      if (signal !== undefined) child.kill(signal);
      const late = setTimeout(() => killGroup(child, 'SIGKILL'), 5_000);
      await closed;
      clearTimeout(late);
    },
  };
}

const KEPT_LINES = 2_000;

function collectLines(child: ChildProcess): readonly string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    });
  }
  return lines;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}
