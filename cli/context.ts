import { type Clock, systemClock } from '../lambda/shared/clock.ts';
import { type AccountOptions, type Clients, createClients } from './clients.ts';
import { type Commands, createCommands } from './remedy-commands.ts';
import { type Style, styleFor } from './terminal/style.ts';

/** What every command takes. */
export interface GlobalOptions extends AccountOptions {
  readonly stack?: string;
  readonly json?: boolean;
}

/** The streams of the process. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** What a command works with. */
export interface Context {
  readonly clients: Clients;
  readonly commands: Commands;
  readonly streams: Streams;
  /** The stack that the command line names. */
  readonly stack: string | undefined;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
  readonly style: Style;
  /** Prints an answer: the value as JSON where that was asked for, else the text. */
  answer(value: unknown, text: string): void;
}

export function createContext(
  { stack, json = false, ...account }: GlobalOptions,
  streams: Streams,
  environment: Readonly<Record<string, string | undefined>>,
): Context {
  return {
    clients: createClients(account, environment),
    commands: createCommands(account),
    streams,
    stack,
    clock: systemClock,
    fetch: globalThis.fetch,
    random: Math.random,
    style: styleFor(streams.stdout),
    answer: (value, text) =>
      void streams.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text}\n`),
  };
}
