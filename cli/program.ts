import { Command, CommanderError } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { type Context, createContext, type GlobalOptions, type Streams } from './context.ts';
import { doctor } from './doctor/doctor-command.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { refresh } from './refresh/refresh-command.ts';
import { setCredentials } from './set-credentials/set-credentials-command.ts';
import { status } from './status/status-command.ts';
import { token } from './token/token-command.ts';
import { describeFailure } from './unable.ts';

const NAME = '[name]';
const NAME_HELP =
  'its name in cdk.json, its stack or its parameter; not needed where there is one refresher alone';

/** Runs the command line to its end. Nothing is thrown, and nothing is printed but to the given streams. */
export async function run(
  args: readonly string[],
  streams: Streams,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const act =
    <Options extends object>(
      action: (context: Context, name: string | undefined, options: Options) => Promise<ExitCode>,
    ) =>
    async (name: string | undefined, options: Options, command: Command): Promise<void> => {
      const context = createContext(command.optsWithGlobals<GlobalOptions>(), streams, environment);
      exitCode = await action(context, name, options);
    };
  const program = createProgram(streams);
  const add = (name: string, description: string) =>
    program.command(name).description(description).argument(NAME, NAME_HELP);
  add('status', 'show each refresher: time left, last run, schedule and alarms').action(act(status));
  add('doctor', 'look at every link of the chain, and name the command that mends what is wrong').action(
    act(doctor),
  );
  add('refresh', 'mint a token now, in any case, and show the outcome').action(act(refresh));
  add(
    'set-credentials',
    'ask for client id and secret, or read them as JSON from standard input; check, store and use them',
  ).action(act(setCredentials));
  add('token', 'tell about the stored token')
    .option('--show', 'print the token itself, and nothing else')
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
    .option('--json', 'answer in JSON')
    .option('--stack <name>', 'look in this CloudFormation stack only')
    .option('--profile <name>', 'profile of the AWS configuration (default: AWS_PROFILE)')
    .option('--region <name>', 'AWS region (default: AWS_REGION, AWS_DEFAULT_REGION, that of the profile)')
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .showHelpAfterError('See: token-refresher --help')
    .addHelpText(
      'after',
      '\nExit codes: 0 good; 1 status: soon without a token, doctor: something is wrong, else: it failed;\n' +
        '2 status, token: no token that can be used; 3 it could not be done or found out',
    )
    .exitOverride();
}
