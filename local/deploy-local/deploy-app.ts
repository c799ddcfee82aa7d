import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { putSecret } from '../put-secret.ts';
import type { CloudClients } from './cloud-clients.ts';
import { correctSecretReferences } from './correct-secret-references.ts';
import { findLogGroup, formatLogEntry, readFunctionLog } from './function-log.ts';
import type { Step } from './print-step.ts';
import type { LocalServices } from './start-local-services.ts';
import { waitFor } from './wait-for.ts';

/** The shortest interval of EventBridge Scheduler, and a margin that tokens of 5 minutes allow. */
const POLICY = { checkEvery: 'PT1M', refreshBefore: 'PT2M' } as const;
/** A minute until the first check, and some delay of Scheduler or the local cloud. */
const FIRST_TOKEN_WITHIN_MS = 150_000;

export interface Deployed {
  readonly stack: string;
  readonly parameterName: string;
  readonly logGroup: string;
  /** Unix time, milliseconds. Earlier log entries are not shown. */
  readonly since: number;
}

/** Deploys the first refresher of cdk.json and waits for its first token. */
export async function deployApp(services: LocalServices, step: Step, signal: AbortSignal): Promise<Deployed> {
  const { authorizationServer, cdk, clients } = services;
  const first = [...readSettings(cdkJson.context)][0];
  if (first === undefined) throw new Error('cdk.json has no refresher');
  const [name, settings] = first;
  const stack = `TokenRefresher-${name}`;
  const { clientId, clientSecret, tokenUrl } = authorizationServer;
  const credentials = JSON.stringify({ client_id: clientId, client_secret: clientSecret });
  const context: Record<string, string> = {
    [`${name}.tokenUrl`]: tokenUrl,
    [`${name}.checkEvery`]: POLICY.checkEvery,
    [`${name}.refreshBefore`]: POLICY.refreshBefore,
    // The local cloud has neither the layers nor the proxy of the settings.
    [`${name}.layers`]: '',
    [`${name}.environment`]: '{}',
  };
  const createsSecret = settings.credentials === undefined;
  if (!createsSecret) {
    // The secret in the settings is in AWS. A local one replaces it.
    const local = `token-refresher/${name}`;
    context[`${name}.credentials`] = await putSecret(clients.secretsManager, local, credentials);
  }
  await step(
    'cdk bootstrap',
    () => cdk.bootstrap({ context, signal }),
    () => 'done',
  );
  const startedAt = Date.now();
  const { outputs } = await step(
    'cdk deploy',
    () => correctSecretReferences(clients, stack, cdk.deploy({ context, stacks: [stack], signal })),
    () => stack,
  );
  const {
    ParameterName: parameterName = '',
    FunctionName: functionName = '',
    ...more
  } = outputs[stack] ?? {};
  const logGroup = await findLogGroup(clients, functionName);
  if (createsSecret) await storeCredentials(clients, step, more, credentials);
  // Skips the errors of the time without credentials.
  const deployed = { stack, parameterName, logGroup, since: createsSecret ? Date.now() : startedAt };
  await step(
    createsSecret ? 'first scheduled refresh' : 'first token',
    () => waitForToken(clients, deployed, signal),
    (version) => `${parameterName}, version ${version}`,
  );
  return deployed;
}

/** Does what the command in the stack's outputs does. */
async function storeCredentials(
  { secretsManager }: CloudClients,
  step: Step,
  { CredentialsSecretArn: SecretId, PutCredentialsCommand: command = '' }: Readonly<Record<string, string>>,
  SecretString: string,
): Promise<void> {
  await step(
    'credentials',
    () => secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString })),
    () => command,
  );
}

/**
 * Returns the parameter's version.
 * @throws Error with the function's log if no token is stored in time
 */
async function waitForToken(
  clients: CloudClients,
  { parameterName: Name, logGroup, since }: Deployed,
  signal: AbortSignal,
): Promise<number> {
  const readVersion = async (): Promise<number | undefined> => {
    try {
      const { Parameter: parameter } = await clients.ssm.send(new GetParameterCommand({ Name }));
      return parameter?.Version;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  };
  return waitFor('the first token', readVersion, { within: FIRST_TOKEN_WITHIN_MS, signal }).catch(
    async (error: unknown) => {
      const entries = signal.aborted ? [] : await readFunctionLog(clients, logGroup, since);
      throw new Error([String(error), 'The function logged:', ...entries.map(formatLogEntry)].join('\n'));
    },
  );
}
