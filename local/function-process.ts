import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HostMessage, InvocationResult } from './function-host.ts';

const host = fileURLToPath(new URL('./function-host.ts', import.meta.url));

/** A warm container of the refresher function: a process of its own, with nothing but the given environment. */
export interface RunningFunction {
  /** Runs the handler once; `remaining` is the time in milliseconds that its context reports. */
  invoke(event: unknown, options?: { remaining?: number }): Promise<InvocationResult>;
  /** Every line that the function wrote to stdout and stderr. */
  readonly output: readonly string[];
  close(): Promise<void>;
}

export async function startFunction(
  module: string,
  environment: Readonly<Record<string, string>>,
  { onLine }: { onLine?: (line: string) => void } = {},
): Promise<RunningFunction> {
  const child = fork(host, [module], {
    execPath: process.execPath,
    execArgv: [],
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      output.push(line);
      onLine?.(line);
    });
  }
  const waiting = new Map<number, (answer: InvocationResult) => void>();
  const exited = once(child, 'exit');
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: HostMessage) => {
      if ('ready' in message) return resolve();
      waiting.get(message.id)?.(message.answer);
      waiting.delete(message.id);
    });
    child.on('exit', (code) => {
      reject(new Error(`the function's process ended with code ${code}: ${output.slice(-3).join(' ')}`));
      const errorMessage = 'the process exited';
      for (const answer of waiting.values())
        answer({ ok: false, errorType: 'Runtime.ExitError', errorMessage, trace: [] });
      waiting.clear();
    });
  });
  await ready;
  let lastId = 0;
  return {
    output,
    invoke: (event, { remaining = 60_000 } = {}) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        child.send({ id: lastId, event, remaining });
      }),
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
