import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Invocation, InvocationResult, RuntimeMessage } from './function-runtime.ts';

const runtime = fileURLToPath(new URL('./function-runtime.ts', import.meta.url));

/** A warm container of a function: a process of its own that has only the given environment. */
export interface RunningFunction {
  /** Runs the handler once. `remaining` is the time in milliseconds that its context reports. */
  invoke(event: unknown, options?: Partial<Omit<Invocation, 'id' | 'event'>>): Promise<InvocationResult>;
  /** All lines that the function wrote to stdout and stderr. */
  readonly output: readonly string[];
  close(): Promise<void>;
}

type Waiting = Map<number, (answer: InvocationResult) => void>;

export async function startFunction(
  module: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunningFunction> {
  const child = fork(runtime, [module], {
    execPath: process.execPath,
    execArgv: [],
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', (line) => output.push(line));
  }
  const waiting: Waiting = new Map();
  const exited = once(child, 'exit');
  await listen(child, waiting, output);
  let lastId = 0;
  return {
    output,
    invoke: (event, { remaining = 60_000, clientContext } = {}) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        child.send({ id: lastId, event, remaining, clientContext });
      }),
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** Passes answers on to the callers that wait for them. Resolves when the function can be invoked. */
function listen(child: ChildProcess, waiting: Waiting, output: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: RuntimeMessage) => {
      if ('ready' in message) return resolve();
      waiting.get(message.id)?.(message.answer);
      waiting.delete(message.id);
    });
    child.on('exit', (code) => {
      reject(new Error(`the function's process exited with code ${code}: ${output.slice(-3).join(' ')}`));
      const errorMessage = 'the process exited';
      for (const answer of waiting.values())
        answer({ ok: false, errorType: 'Runtime.ExitError', errorMessage, trace: [] });
      waiting.clear();
    });
  });
}
