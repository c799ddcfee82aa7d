import { type Clock, systemClock } from '../lambda/shared/clock.ts';
import { type AccountOptions, type Clients, createClients } from './clients.ts';
import { createShellCommands, type ShellCommands } from './shell-commands.ts';
import { type Style, styleFor } from './terminal/style.ts';

/** Options of every command. */
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

/** What a command needs to do its work. */
export interface CommandContext {
  readonly clients: Clients;
  readonly commands: ShellCommands;
  readonly streams: Streams;
  /** The value of `--stack`. */
  readonly stack: string | undefined;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  readonly random: () => number;
  readonly style: Style;
  /** Whether `--json` is given. */
  readonly json: boolean;
  /** Prints the value as JSON if `--json` is given, else the text. */
  answer(value: unknown, text: string): void;
}

export function createCommandContext(
  { stack, json = false, ...account }: GlobalOptions,
  streams: Streams,
  environment: Readonly<Record<string, string | undefined>>,
): CommandContext {
  return {
    clients: createClients(account, environment),
    commands: createShellCommands(account),
    streams,
    stack,
    clock: systemClock,
    fetch: globalThis.fetch,
    random: Math.random,
    style: styleFor(streams.stdout),
    json,
    answer: (value, text) =>
      void streams.stdout.write(`${json ? JSON.stringify(value, undefined, 2) : text}\n`),
  };
}
