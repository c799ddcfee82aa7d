import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { describeCredentials } from '../../lambda/refresher/credentials.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { describeNext } from '../deployed/describe-next.ts';
import { describeRunOutcome, exitCodeOfRun } from '../deployed/describe-run-outcome.ts';
import { configurationOf, readFunction } from '../deployed/read-function.ts';
import { functionGone, runNotStarted, runRefresher } from '../deployed/run-refresher.ts';
import { selectRefresher } from '../deployed/select-refreshers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { duration } from '../terminal/time.ts';
import { askForCredentials } from './ask-for-credentials.ts';
import { checkCredentials } from './check-credentials.ts';
import { storeCredentials } from './store-credentials.ts';

/** Stores nothing unless the token endpoint accepts the credentials. */
export async function setCredentials(context: CommandContext, name: string | undefined): Promise<ExitCode> {
  const { clients, streams } = context;
  const refresher = await selectRefresher(context, name);
  const fn = await readFunction(clients.lambda, refresher);
  if (fn === undefined) throw functionGone(refresher);
  const configuration = configurationOf(refresher, fn);
  if (configuration === undefined)
    throw new CliError(
      `the settings of ${refresher.name} are unknown. Find the fault with: ${context.commands.self('doctor', refresher)}`,
    );
  // Fails before the user types anything.
  await assertSecretExists(clients.secretsManager, configuration);
  const credentials = await askForCredentials(configuration.credentialFields, streams.stdin, streams.stderr);
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
  // The credentials are already stored, so a failure to run is the outcome of the run.
  const run = await runRefresher(context, refresher, {}).catch(runNotStarted);
  const next = await describeNext(run, refresher, context);
  const lines = [
    `accepted by ${configuration.tokenUrl}, token lifetime ${duration(lifetime)}`,
    `stored as version ${version} of ${configuration.credentialsSecretId}`,
    describeRunOutcome(run, context),
    ...(next === undefined ? [] : [next]),
  ];
  context.answer({ stored: true, secret_version: version, run }, lines.join('\n'));
  return exitCodeOfRun(run);
}

/** @throws RefreshError unless the secret exists. It may still be empty. */
async function assertSecretExists(
  secretsManager: SecretsManagerClient,
  configuration: Configuration,
): Promise<void> {
  await describeCredentials(secretsManager, configuration).catch((error: unknown) => {
    if (!(error instanceof RefreshError) || error.code !== 'CREDENTIALS_NOT_SET') throw error;
  });
}
