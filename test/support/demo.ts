import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTerminal, type Size, type Terminal } from '../../scripts/picture/terminal.ts';
import { recordWritten } from './confidential.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const REFERENCE: Size = { columns: 80, rows: 24 };

/** No variable of AWS or of the npm that runs the tests may have an effect. */
export async function demoEnvironment(): Promise<Record<string, string>> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS|npm)_|^NO_COLOR$/.test(name));
  return { ...Object.fromEntries(kept), TMPDIR: await mkdtemp(join(tmpdir(), 'demo-')) };
}

export interface Demo extends AsyncDisposable {
  readonly terminal: Terminal;
  /** The directory for its temporary files. */
  readonly temporary: string;
}

/** Runs the command in a terminal. */
export async function openDemo(command: string): Promise<Demo> {
  const env = await demoEnvironment();
  const terminal = openTerminal('sh', ['-c', command], { ...REFERENCE, cwd: root, env });
  return {
    terminal,
    temporary: env.TMPDIR ?? '',
    async [Symbol.asyncDispose]() {
      terminal.hangUp();
      await terminal.exited;
      recordWritten(terminal.output());
    },
  };
}

/** Resolves when the consumer with the reader has called the API a few times. */
export const untilRunning = (terminal: Terminal): Promise<string> =>
  terminal.untilRow(/consumer with reader +[2-9]\d* calls/);
