import { setTimeout as sleep } from 'node:timers/promises';
import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, ParameterNotFound } from '@aws-sdk/client-ssm';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { startAuthorizationServer } from '../authorization-server.ts';
import { callApi } from '../call-api.ts';
import { startGuardedApi } from '../guarded-api.ts';
import { createCdk } from './cdk.ts';
import { type Clients, createClients } from './cloud-clients.ts';
import { findLogGroup, formatLogEntry, readFunctionLog } from './function-log.ts';
import { type LocalCloud, startLocalCloud } from './local-cloud.ts';
import { findResource, listResources } from './stack-resources.ts';
import { correctSecretReferences } from './correct-secret-references.ts';
import { createStep } from './print-step.ts';
import { waitFor } from './wait-for.ts';

/** As often as Scheduler can, and tokens for which that is often enough. */
const POLICY = { checkEvery: 'PT1M', refreshBefore: 'PT2M', tokenLifetime: 300 } as const;
/** A minute to the first check, and what Scheduler or the local cloud may be late. */
const FIRST_REFRESH_WITHIN_MS = 150_000;
const FOLLOW_EVERY_MS = 2_000;

const say = (text: string) => void process.stdout.write(`${text}\n`);
const step = createStep((text) => void process.stdout.write(text));
const interruption = new AbortController();
const { signal } = interruption;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interruption.abort());

const started = new AsyncDisposableStack();
process.exitCode = 1;
try {
  const deployed = await deploy();
  await show(deployed);
  // From now on, the interruption is the way to end.
  process.exitCode = 0;
  await follow(deployed);
} catch (error) {
  if (!signal.aborted) {
    process.exitCode = 1;
    say(`\n${error instanceof Error ? error.message : 'failed for an unknown reason'}`);
  }
} finally {
  if (signal.aborted) say('\nStopping …');
  await started.disposeAsync();
}

interface Deployed {
  readonly cloud: LocalCloud;
  readonly clients: Clients;
  readonly apiUrl: string;
  readonly stack: string;
  readonly parameterName: string;
  readonly logGroup: string;
  readonly schedule: { readonly Name: string; readonly GroupName: string };
  /** Unix time, milliseconds, from which the function's log is of interest. */
  readonly since: number;
}

async function deploy(): Promise<Deployed> {
  say('Deploying the app of cdk.json to a local cloud. Ctrl-C ends everything.\n');
  const cloud = await step(
    'local cloud',
    () => startLocalCloud(signal),
    ({ description }) => description,
  );
  started.defer(() => cloud.close());
  const clients = createClients(cloud);
  const authorizationServer = await step(
    'authorization server',
    // Always the same client, so that a cloud that stays can be deployed to again.
    () => startAuthorizationServer({ tokenLifetime: POLICY.tokenLifetime, clientSecret: 'local-secret' }),
    ({ tokenUrl }) => `${tokenUrl}, tokens of ${POLICY.tokenLifetime} s`,
  );
  started.defer(() => authorizationServer.stop());
  const api = await startGuardedApi(authorizationServer.isActive);
  started.defer(() => api.stop());
  const cdk = await createCdk(cloud);
  started.defer(() => cdk.close());

  const first = [...readSettings(cdkJson.context)][0];
  if (first === undefined) throw new Error('cdk.json has no refresher');
  const [name, settings] = first;
  const stack = `TokenRefresher-${name}`;
  const { clientId, clientSecret } = authorizationServer;
  const SecretString = JSON.stringify({ client_id: clientId, client_secret: clientSecret });
  const context: Record<string, string> = {
    [`${name}.tokenUrl`]: authorizationServer.tokenUrl,
    [`${name}.checkEvery`]: POLICY.checkEvery,
    [`${name}.refreshBefore`]: POLICY.refreshBefore,
  };
  if (settings.credentials !== undefined) {
    // Stands for the secret that the settings name, which is elsewhere.
    context[`${name}.credentials`] = await createSecret(clients, `token-refresher/${name}`, SecretString);
  }
  await step(
    'cdk bootstrap',
    () => cdk.bootstrap({ context, signal }),
    () => 'done',
  );
  let since = Date.now();
  const { outputs } = await step(
    'cdk deploy',
    () => correctSecretReferences(clients, stack, cdk.deploy({ context, stacks: [stack], signal })),
    () => stack,
  );
  const {
    ParameterName: parameterName = '',
    CredentialsSecretArn: SecretId,
    FunctionName: functionName = '',
    PutCredentialsCommand: put = '',
  } = outputs[stack] ?? {};
  const resources = await listResources(clients, stack);
  const logGroup = await findLogGroup(clients, functionName);
  if (settings.credentials === undefined) {
    await step(
      'credentials',
      () => clients.secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString })),
      () => put,
    );
    // What was logged while the secret was empty is past.
    since = Date.now();
  }
  await step(
    settings.credentials === undefined ? 'first scheduled refresh' : 'first token',
    () => waitForToken(clients, { parameterName, logGroup, since }),
    (version) => `${parameterName}, version ${version}`,
  );
  return {
    cloud,
    clients,
    apiUrl: api.url,
    stack,
    parameterName,
    logGroup,
    schedule: {
      Name: findResource(resources, 'AWS::Scheduler::Schedule'),
      GroupName: findResource(resources, 'AWS::Scheduler::ScheduleGroup'),
    },
    since,
  };
}

/** Returns the secret's ARN. */
async function createSecret(
  { secretsManager }: Clients,
  Name: string,
  SecretString: string,
): Promise<string> {
  const { ARN: arn = Name } = await secretsManager
    .send(new CreateSecretCommand({ Name, SecretString }))
    .catch((error: unknown) => {
      if (!(error instanceof ResourceExistsException)) throw error;
      return secretsManager.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
    });
  return arn;
}

async function waitForToken(
  clients: Clients,
  { parameterName: Name, logGroup, since }: Pick<Deployed, 'parameterName' | 'logGroup' | 'since'>,
): Promise<number> {
  const read = async (): Promise<number | undefined> => {
    try {
      const { Parameter: parameter } = await clients.ssm.send(new GetParameterCommand({ Name }));
      return parameter?.Version;
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  };
  return waitFor('the first token', read, { within: FIRST_REFRESH_WITHIN_MS, signal }).catch(
    async (error: unknown) => {
      const entries = signal.aborted ? [] : await readFunctionLog(clients, logGroup, since);
      throw new Error([String(error), 'The function logged:', ...entries.map(formatLogEntry)].join('\n'));
    },
  );
}

async function show({ cloud, clients, apiUrl, stack, parameterName, schedule }: Deployed): Promise<void> {
  const { ScheduleExpression, State } = await clients.scheduler.send(new GetScheduleCommand(schedule));
  const { status, record, version } = await callApi(clients.ssm, parameterName, apiUrl);
  const left = record === undefined ? 0 : record.expires_at - Math.floor(Date.now() / 1_000);
  const variables = Object.entries(cloud.environment).map(([key, value]) => `${key}=${value}`);
  say('');
  say(
    `  parameter   ${parameterName}, version ${version}, ${left} s left; a guarded API answers ${status} to its token`,
  );
  say(`  schedule    ${ScheduleExpression}, ${State}`);
  say('\n  Read the token from another terminal:');
  say(`  export ${variables.join(' ')}`);
  say(`  aws ssm get-parameter --name ${parameterName} --with-decryption`);
  if (cloud.external) say(`\n  The stack outlasts this command. Remove it with: npx cdk destroy ${stack}`);
  say('\n  The function logs:');
}

/** Prints what the function logs until the interruption, whatever becomes of the stack meanwhile. */
async function follow({ clients, logGroup, since }: Deployed): Promise<void> {
  let from = since;
  let failed = false;
  while (true) {
    try {
      for (const entry of await readFunctionLog(clients, logGroup, from)) {
        say(`  ${formatLogEntry(entry)}`);
        from = entry.at + 1;
      }
      failed = false;
    } catch (error) {
      if (!failed)
        say(`  The log cannot be read (${describeAwsFailure(error).name}). Ctrl-C ends everything.`);
      failed = true;
    }
    await sleep(FOLLOW_EVERY_MS, undefined, { signal });
  }
}
