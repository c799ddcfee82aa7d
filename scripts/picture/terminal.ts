import { type IPty, spawn } from '@lydell/node-pty';
import type { Terminal as HeadlessTerminal } from '@xterm/headless';
import xterm from '@xterm/headless';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A program in a real pseudo-terminal, and the screen that a person would see. */
export interface Terminal {
  readonly pid: number;
  readonly screen: HeadlessTerminal;
  /** The visible rows. */
  rows(): string[];
  /** All rows of the normal screen, those that scrolled out of it first. */
  scrollback(): string[];
  /** Everything that the program wrote. */
  readonly output: () => string;
  readonly exited: Promise<{ readonly exitCode: number; readonly signal?: number }>;
  press(keys: string): void;
  resize(size: Size): void;
  /** Resolves with the first visible row that matches. */
  untilRow(pattern: RegExp): Promise<string>;
  /** Resolves when the visible rows meet the condition. The caller sets the time limit. */
  until(condition: (rows: readonly string[]) => boolean): Promise<void>;
  /** Closes the terminal, as closing its window does. */
  hangUp(): void;
}

export function openTerminal(
  file: string,
  args: readonly string[],
  {
    columns,
    rows,
    cwd,
    env,
  }: Size & { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Terminal {
  const pty = spawn(file, [...args], { name: 'xterm-256color', cols: columns, rows, cwd, env: { ...env } });
  const screen = new xterm.Terminal({ cols: columns, rows, scrollback: 1_000, allowProposedApi: true });
  const written: string[] = [];
  const watchers = new Set<() => void>();
  pty.onData((data) => {
    written.push(data);
    screen.write(data, () => {
      for (const watch of watchers) watch();
    });
  });
  const exited = new Promise<{ exitCode: number; signal?: number }>((resolve) => {
    // The screen first takes in what was written before.
    pty.onExit((exit) => screen.write('', () => resolve(exit)));
  });
  const visible = () => readRows(screen.buffer.active, screen.buffer.active.baseY, screen.rows);
  const until = createUntil(visible, watchers, exited);
  return {
    pid: pty.pid,
    screen,
    rows: visible,
    scrollback: () => readRows(screen.buffer.normal, 0, screen.buffer.normal.length),
    output: () => written.join(''),
    exited,
    press: (keys) => pty.write(keys),
    resize(size) {
      screen.resize(size.columns, size.rows);
      pty.resize(size.columns, size.rows);
    },
    until,
    async untilRow(pattern) {
      let found = '';
      await until((all) => {
        found = all.find((row) => pattern.test(row)) ?? '';
        return found !== '';
      });
      return found;
    },
    // The method exists, but the types of the library do not declare it.
    hangUp: () => (pty as IPty & { destroy(): void }).destroy(),
  };
}

function readRows(buffer: HeadlessTerminal['buffer']['active'], from: number, count: number): string[] {
  return Array.from({ length: count }, (_, row) => buffer.getLine(from + row)?.translateToString(true) ?? '');
}

/** Looks again after each write of the program. Rejects if the program ends first. */
function createUntil(
  rows: () => readonly string[],
  watchers: Set<() => void>,
  exited: Promise<unknown>,
): Terminal['until'] {
  return async (condition) => {
    const { promise: met, resolve } = Promise.withResolvers<void>();
    const watch = () => {
      if (condition(rows())) resolve();
    };
    const ended = exited.then(() => {
      throw new Error(`the program ended first. Its last screen:\n${rows().join('\n')}`);
    });
    watchers.add(watch);
    watch();
    await Promise.race([met, ended]).finally(() => watchers.delete(watch));
  };
}
