import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { checkAccountOptions } from './check-account-options.ts';
import { describeFailure } from './cli-error.ts';
import { regionOf } from './clients.ts';
import {
  type CommandContext,
  createCommandContext,
  type GlobalOptions,
  type Streams,
} from './command-context.ts';
import { doctor } from './doctor/doctor-command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { refresh } from './refresh/refresh-command.ts';
import { setCredentials } from './set-credentials/set-credentials-command.ts';
import { status } from './status/status-command.ts';
import { token } from './token/token-command.ts';

const NAME = '[name]';
const NAME_HELP =
  "name in cdk.json, stack, or parameter, or a pattern such as 'supplier*'; optional for status and doctor, " +
  'or if there is only one refresher';

/** Runs one command. Never throws, and prints to the given streams only. */
export async function run(
  args: readonly string[],
  streams: Streams,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const act =
    <Options extends object>(
      action: (context: CommandContext, name: string | undefined, options: Options) => Promise<ExitCode>,
    ) =>
    async (name: string | undefined, own: Options, command: Command): Promise<void> => {
      const options = command.optsWithGlobals<GlobalOptions>();
      await checkAccountOptions(options, environment);
      const context = createCommandContext(options, streams, environment);
      await regionOf(context.clients);
      exitCode = await action(context, name, own);
    };
  const program = createProgram(streams);
  const add = (name: string, description: string) =>
    program.command(name).description(description).argument(NAME, NAME_HELP);
  add('status', 'show whether each token is valid and will be replaced in time')
    .option('--verbose', 'show the details of each refresher, as with a name')
    .action(act(status));
  add('doctor', 'check every part of a refresher and print the commands that fix it').action(act(doctor));
  add('refresh', 'mint a new token now').action(act(refresh));
  add(
    'set-credentials',
    'try a new client ID and secret, store them, and refresh the token (prompt, or JSON on standard input)',
  ).action(act(setCredentials));
  add('token', 'describe the stored token')
    .option('--show', 'print the token itself and nothing else')
    .action(act(token));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.unable;
    streams.stderr.write(`token-refresher: ${describeFailure(error)}\n`);
    return EXIT.unable;
  }
}

function createProgram({ stdout, stderr }: Streams): Command {
  return new Command('token-refresher')
    .description(packageJson.description)
    .version(packageJson.version)
    .option('--json', 'print JSON')
    .option('--stack <name>', 'look only in this CloudFormation stack')
    .option('--profile <name>', 'AWS profile (default: AWS_PROFILE)')
    .option('--region <name>', 'AWS region (default: AWS_REGION, AWS_DEFAULT_REGION, region of the profile)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .showHelpAfterError('See: token-refresher --help')
    .addHelpText(
      'after',
      '\nExit codes: 0 ok; 1 needs attention (a token at risk, a fault found, a failed run);\n' +
        '2 no usable token (status, token); 3 the command could not do its work',
    )
    .exitOverride();
}
