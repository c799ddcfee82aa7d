import type { DemoEvent } from './event-log.ts';
import { layOut, type ScreenState } from './screen.ts';

/** Shows what happens: on the screen of a terminal, or as lines. */
export interface Display {
  /** Before the system runs. */
  note(line: string): void;
  event(event: DemoEvent): void;
  draw(state: ScreenState): void;
  /** Restores the terminal. May be called more than once. */
  close(): void;
}

/** `ESC [ ? 1049 h` switches to the alternate screen. Source: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[2K';
const CLEAR_SCREEN = '\x1b[2J';
/** For a terminal that does not report its size. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };
/** Milliseconds between two status lines without a terminal. A closed pipe is noticed at the next line. */
const STATUS_EVERY_MS = 10_000;

/** Uses the alternate screen of a terminal, so that the scrollback stays as it was. */
export function createDisplay(output: NodeJS.WriteStream, describe: (state: ScreenState) => string): Display {
  const isScreen = output.isTTY === true && process.env.TERM !== 'dumb';
  return isScreen ? createScreen(output) : createLines(output, describe);
}

function createScreen(output: NodeJS.WriteStream): Display {
  let latest: ScreenState | undefined;
  let closed = false;
  const paint = (lines: readonly string[]) => {
    // Each line is cleared before it is written: after its last column, the terminal would clear that column.
    const text = lines.map((line) => `${CLEAR_LINE}${line}`).join('\r\n');
    if (!closed) output.write(`${HOME}${text}`);
  };
  const draw = (state: ScreenState) => {
    latest = state;
    const { columns, rows } = output;
    paint(layOut(state, { columns: columns || DEFAULT_SIZE.columns, rows: rows || DEFAULT_SIZE.rows }));
  };
  output.write(`${ENTER}${CLEAR_SCREEN}`);
  output.on('resize', () => {
    if (latest === undefined || closed) return;
    output.write(CLEAR_SCREEN);
    draw(latest);
  });
  const close = () => {
    if (closed) return;
    closed = true;
    output.write(LEAVE);
  };
  process.once('exit', close);
  return { note: (line) => paint([line]), event: () => undefined, draw, close };
}

/** Prints each event, and the status every ten seconds. */
export function createLines(output: NodeJS.WriteStream, describe: (state: ScreenState) => string): Display {
  let statusAt: number | undefined;
  const print = (line: string) => void output.write(`${line}\n`);
  return {
    note: print,
    event: ({ time, text }) => print(`${time}  ${text}`),
    draw(state) {
      statusAt ??= state.now;
      if (state.now - statusAt < STATUS_EVERY_MS) return;
      statusAt = state.now;
      print(describe(state));
    },
    close: () => undefined,
  };
}
