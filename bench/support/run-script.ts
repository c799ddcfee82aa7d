import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/** A script of this folder, without types: removing them is not part of what it measures. */
export async function compileScript(name: string, directory: string): Promise<string> {
  const source = await readFile(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
  const { code } = await transform(source, { loader: 'ts', target: 'node24' });
  const script = join(directory, basename(name).replace(/\.ts$/, '.mjs'));
  await writeFile(script, code);
  return script;
}

/**
 * Runs a script in a process that has only the given environment. Returns the JSON that it writes to descriptor 3. An IPC
 * channel would load built-in modules before the measurement.
 */
export async function runScript<Output>(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Output> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  const exited = once(child, 'exit');
  const output = await text(child.stdio[3] as NodeJS.ReadableStream);
  await exited;
  return JSON.parse(output) as Output;
}
