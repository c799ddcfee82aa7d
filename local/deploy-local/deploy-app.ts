import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { invokeRefresher } from '../../lambda/shared/invoke-refresher.ts';
import { putSecret } from '../put-secret.ts';
import type { StackOutputs } from './cdk.ts';
import { correctSecretReferences } from './correct-secret-references.ts';
import { findLogGroup, formatLogEntry, readFunctionLog } from './function-log.ts';
import type { LocalEntry } from './local-entry.ts';
import type { Step } from './print-step.ts';
import type { LocalServices } from './start-local-services.ts';

export interface Deployed extends LocalEntry {
  readonly parameterName: string;
  readonly logGroup: string;
  /** Unix time, milliseconds. Earlier log entries are not shown. */
  readonly since: number;
}

/** Deploys the entries and mints the first token of each. */
export async function deployApp(
  services: LocalServices,
  entries: readonly LocalEntry[],
  step: Step,
  signal: AbortSignal,
): Promise<readonly Deployed[]> {
  const outputs = await deployStacks(services, entries, step, signal);
  const deployed: Deployed[] = [];
  for (const entry of entries) {
    signal.throwIfAborted();
    deployed.push(await mintFirstToken(services, entry, outputs[entry.stack] ?? {}, step));
  }
  return deployed;
}

async function deployStacks(
  { cdk, clients }: LocalServices,
  entries: readonly LocalEntry[],
  step: Step,
  signal: AbortSignal,
): Promise<StackOutputs> {
  for (const { secretName, credentials } of entries)
    if (secretName !== undefined) await putSecret(clients.secretsManager, secretName, credentials);
  const context = Object.assign({}, ...entries.map((entry) => entry.context)) as Record<string, string>;
  const stacks = entries.map(({ stack }) => stack);
  const { Account: account } = await clients.sts.send(new GetCallerIdentityCommand());
  const place = `aws://${account}/${await clients.sts.config.region()}`;
  const assembly = await step(
    'cdk bootstrap and synth',
    () =>
      both(
        cdk.synthesize({ context, stacks, signal }),
        // Mostly waits.
        cdk.bootstrap({ signal }, place),
      ),
    () => 'done',
  );
  const deploying = () =>
    stacks.reduce(
      (deployment, stack) => correctSecretReferences(clients, stack, deployment),
      cdk.deploy({ assembly, stacks, signal }),
    );
  const { outputs } = await step('cdk deploy', deploying, () => stacks.join(', '));
  return outputs;
}

/** Returns the first result when both have ended, so that neither runs on after a failure of the other. */
async function both<Result>(first: Promise<Result>, second: Promise<unknown>): Promise<Result> {
  await Promise.allSettled([first, second]);
  await second;
  return first;
}

/** Stores the credentials if the stack created an empty secret. Then it runs the function, instead of waiting for the schedule. */
async function mintFirstToken(
  { clients }: LocalServices,
  entry: LocalEntry,
  { ParameterName: parameterName = '', FunctionName: functionName = '', ...more }: StackOutputs[string],
  step: Step,
): Promise<Deployed> {
  const logGroup = await findLogGroup(clients, functionName);
  const since = Date.now();
  if (entry.secretName === undefined) {
    const { CredentialsSecretArn: SecretId, PutCredentialsCommand: command = '' } = more;
    await step(
      'credentials',
      () =>
        clients.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString: entry.credentials })),
      () => command,
    );
  }
  await step(
    'first token',
    async () => {
      const run = await invokeRefresher(clients.lambda, functionName, {});
      if (run.outcome !== 'failed') return run;
      const entries = await readFunctionLog(clients, logGroup, since);
      throw new Error([run.message, 'The function logged:', ...entries.map(formatLogEntry)].join('\n'));
    },
    ({ outcome, parameter_version: version }) => `${parameterName}, version ${version} (${outcome})`,
  );
  return { ...entry, parameterName, logGroup, since };
}
