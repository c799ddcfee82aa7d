import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ProcessOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory?: string;
  /** Stops the process and its children. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command and returns its output.
 * @throws Error with the last lines of the output if the command fails
 */
export async function run(
  command: string,
  args: readonly string[],
  { environment, directory, signal }: ProcessOptions,
): Promise<string> {
  signal?.throwIfAborted();
  // A process group of its own, so that its children can be stopped with it.
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
    const how = signal?.aborted === true ? 'was stopped' : `failed with exit code ${code}`;
    throw new Error([`${command} ${args.join(' ')} ${how}`, ...output.slice(-20)].join('\n'));
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

/** A process that runs until it is stopped. */
export interface RunningProcess {
  /** The last lines of its output. */
  readonly output: readonly string[];
  /** Undefined while it runs. */
  readonly exitCode: number | undefined;
  /** Closes its standard input, and sends the signal if one is given. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** `command` must exit when its standard input closes. It then exits with this process, even after SIGKILL. */
export async function startProcess(
  command: string,
  args: readonly string[],
  { environment, directory }: ProcessOptions,
): Promise<RunningProcess> {
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
    // It has already exited.
  }
}
