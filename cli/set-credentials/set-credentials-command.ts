import { describeCredentials } from '../../lambda/refresher/credentials.ts';
import type { RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import type { Context } from '../context.ts';
import { configurationOf, readFunction } from '../deployed/read-function.ts';
import { functionGone, runRefresher } from '../deployed/run-refresher.ts';
import { selectRefresher } from '../deployed/select-refreshers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { describeOutcome, exitCodeOfRun } from '../refresh/refresh-command.ts';
import { duration } from '../terminal/time.ts';
import { describeFailure, Unable } from '../unable.ts';
import { checkCredentials, storeCredentials } from './check-credentials.ts';
import { askForCredentials } from './prompt.ts';

/** Nothing is stored before the token endpoint has accepted it. */
export async function setCredentials(context: Context, name: string | undefined): Promise<ExitCode> {
  const { clients, streams } = context;
  const refresher = await selectRefresher(context, name);
  const fn = await readFunction(clients.lambda, refresher);
  if (fn === undefined) throw functionGone(refresher);
  const configuration = configurationOf(refresher, fn);
  if (configuration === undefined) throw new Unable(`the settings of ${refresher.name} cannot be told`);
  await assertSecretUsable();
  const credentials = await askForCredentials(streams.stdin, streams.stderr);
  let lifetime: number;
  try {
    lifetime = await checkCredentials(configuration, credentials, context);
  } catch (error) {
    if (!(error instanceof RefreshError)) throw error;
    const { code, message } = error;
    const text = `${context.style('red', 'not stored')}  ${message}`;
    context.answer({ stored: false, code, message }, text);
    return EXIT.attention;
  }
  const version = await storeCredentials(clients.secretsManager, configuration, credentials);
  const run = await runRefresher(clients.lambda, refresher, {}).catch(notRun);
  const lines = [
    `accepted by ${configuration.tokenUrl}, which grants tokens of ${duration(lifetime)}`,
    `stored as version ${version} of ${configuration.credentialsSecretId}`,
    describeOutcome(run, context),
  ];
  context.answer({ stored: true, secret_version: version, run }, lines.join('\n'));
  return exitCodeOfRun(run);

  /** Told before anybody has to type. */
  async function assertSecretUsable(): Promise<void> {
    const id = configuration?.credentialsSecretId ?? '';
    await describeCredentials(clients.secretsManager, id).catch((error: unknown) => {
      if (!(error instanceof RefreshError) || error.code !== 'CREDENTIALS_NOT_SET') throw error;
    });
  }
}

/** The credentials are stored by now, and that has to be told. */
function notRun(error: unknown): RunOutcome {
  return {
    outcome: 'failed',
    code: 'NOT_RUN',
    message: `the refresher could not be run: ${describeFailure(error)}`,
  };
}
