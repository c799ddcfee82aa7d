import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import { bundleCommand } from '../../local/package/bundle-cli.ts';
import { recordWritten } from '../support/confidential.ts';

export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as the package has it, for the cloud of the tests. */
export interface TestCommand {
  /** `input` is what it finds on standard input; `environment` replaces variables of the cloud's. */
  run(
    args: readonly string[],
    input?: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<CommandResult>;
  /** Runs command lines that the command has printed, as somebody at a shell would. */
  runPrinted(lines: readonly string[], input?: string): Promise<void>;
  close(): Promise<void>;
}

export async function createCommand(): Promise<TestCommand> {
  const directory = await mkdtemp(join(tmpdir(), 'token-refresher-command-'));
  await bundleCommand(directory);
  // As in the package.
  await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }));
  const main = join(directory, 'main.js');
  const start = async (
    command: string,
    args: readonly string[],
    input: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandResult> => {
    const child = spawn(command, args, {
      env: {
        ...inject('ministack').environment,
        PATH: process.env.PATH,
        HOME: directory,
        ...environment,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined).end(input);
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { exitCode, stdout, stderr };
  };
  return {
    async run(args, input = '', environment = {}) {
      const result = await start(process.execPath, [main, ...args], input, environment);
      // The one answer that is the token.
      if (!args.includes('--show')) recordWritten(result.stdout + result.stderr);
      return result;
    },
    async runPrinted(lines, input = '') {
      const script = [
        'set -euo pipefail',
        // Named outright: for queues, this version of the command knows no other way.
        `aws() { '${inject('awsPython')}' -m awscli --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }`,
        `npx() { [ "$1 $2 $3" = "--no -- token-refresher" ] && shift 3 && '${process.execPath}' '${main}' "$@"; }`,
        ...lines,
      ].join('\n');
      const { exitCode, stdout, stderr } = await start('bash', ['-c', script], input);
      recordWritten(stdout + stderr);
      if (exitCode !== 0) throw new Error(`${lines.join('\n')}\nended with ${exitCode}: ${stdout}${stderr}`);
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
