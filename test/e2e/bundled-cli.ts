import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import { bundleCommand } from '../../local/package/bundle-cli.ts';
import { recordWritten } from '../support/confidential.ts';

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The CLI as bundled in the package, run against MiniStack. */
export interface BundledCli {
  /** `input` goes to standard input. `environment` overrides MiniStack's variables. */
  run(
    args: readonly string[],
    input?: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<CliResult>;
  /** Runs commands that the CLI printed, in a shell. */
  runPrinted(lines: readonly string[], input?: string): Promise<void>;
  close(): Promise<void>;
}

export async function createBundledCli(): Promise<BundledCli> {
  const directory = await mkdtemp(join(tmpdir(), 'token-refresher-cli-'));
  await bundleCommand(directory);
  // The package is of type module, too.
  await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }));
  const main = join(directory, 'main.js');
  const start = async (
    command: string,
    args: readonly string[],
    input: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CliResult> => {
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
      // With --show, the output is the token.
      if (!args.includes('--show')) recordWritten(result.stdout + result.stderr);
      return result;
    },
    async runPrinted(lines, input = '') {
      const script = [
        'set -euo pipefail',
        // For queues, this version of the AWS CLI takes the endpoint only as an option.
        `aws() { '${inject('awsPython')}' -m awscli --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }`,
        `npx() { [ "$1 $2 $3" = "--no -- token-refresher" ] && shift 3 && '${process.execPath}' '${main}' "$@"; }`,
        ...lines,
      ].join('\n');
      const { exitCode, stdout, stderr } = await start('bash', ['-c', script], input);
      recordWritten(stdout + stderr);
      if (exitCode !== 0) throw new Error(`${lines.join('\n')}\nfailed with ${exitCode}: ${stdout}${stderr}`);
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
