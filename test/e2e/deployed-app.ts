import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  type EnvironmentResponse,
  GetFunctionConfigurationCommand,
  InvokeCommand,
} from '@aws-sdk/client-lambda';
import { GetParameterCommand, ParameterNotFound, PutParameterCommand } from '@aws-sdk/client-ssm';
import type { RefreshResult } from '../../lambda/shared/refresh-result.ts';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import {
  type CdkSettings,
  type CdkTarget,
  createCdk,
  type StackOutputs,
} from '../../local/deploy-local/cdk.ts';
import type { CloudClients } from '../../local/deploy-local/cloud-clients.ts';
import { correctSecretReferences } from '../../local/deploy-local/correct-secret-references.ts';
import { findLogGroup, type LogEntry, readFunctionLog } from '../../local/deploy-local/function-log.ts';
import { type DeployedResource, listResources } from '../../local/deploy-local/stack-resources.ts';
import { waitFor } from '../../local/deploy-local/wait-for.ts';

/** Milliseconds: a minute until the next check, and the delay of Scheduler. */
const NEXT_CHECK_WITHIN = 150_000;

/** An app on the cloud, with one refresher. */
export interface DeployedApp {
  readonly clients: CloudClients;
  /** Returns the output of the CDK CLI. */
  deploy(settings?: AppSettings): Promise<string>;
  destroy(settings?: AppSettings): Promise<void>;
  /** An output of a stack, by default the refresher's. */
  output(name: string, stack?: string): string;
  /** The resources of the refresher's stack. */
  resources(): Promise<readonly DeployedResource[]>;
  /**
   * Runs a function and returns its result.
   * @throws Error with the message of the function's error
   */
  invoke<Result>(functionName: string, event?: object): Promise<Result>;
  /** Runs the refresher. */
  refresh(event?: object): Promise<RefreshResult>;
  environment(functionName: string): Promise<EnvironmentResponse['Variables']>;
  /** Waits until the refresher has logged an entry with these fields since `from` (Unix time, milliseconds). */
  logged(fields: Readonly<Record<string, unknown>>, from?: number): Promise<LogEntry>;
  /** The parameter's version, or 0 if there is none. */
  storedVersion(): Promise<number>;
  /** Waits for a scheduled run to store a version after this one, and returns it. */
  nextScheduledVersion(after: number): Promise<number>;
  storedToken(): Promise<StoredToken>;
  /** Shifts the times of the stored token into the past by this many seconds. Returns the new version. */
  age(seconds: number): Promise<number>;
  close(): Promise<void>;
}

export interface AppSettings {
  /** The app's file in this repository. Default: the app itself. */
  readonly app?: string;
  /** Values for `-c` on the command line. */
  readonly context?: Readonly<Record<string, string>>;
}

export type RefresherSettings = Readonly<Record<string, unknown>> & { readonly parameterName: string };

/** Where an app is deployed. */
export interface DeploymentTarget {
  readonly cdk: CdkTarget;
  readonly clients: CloudClients;
  /** Milliseconds. Without a limit, a function that does not answer delays a deployment by many minutes. */
  readonly deployedWithin: number;
  /** Aborts a deployment that is in progress. */
  readonly signal?: AbortSignal;
  /** Gets each access token that is read. It must not be written anywhere. */
  readonly confidential: (accessToken: string) => void;
  /** Gets what the functions return and log. */
  readonly recordWritten: (text: string) => void;
}

/** The app gets its own cdk.json, with `settings` for the refresher `name`. */
export async function createDeployedApp(
  name: string,
  settings: RefresherSettings,
  { cdk: cdkTarget, clients, deployedWithin, signal, confidential, recordWritten }: DeploymentTarget,
): Promise<DeployedApp> {
  const stack = `TokenRefresher-${name}`;
  const { parameterName: Name } = settings;
  const project = await mkdtemp(join(tmpdir(), 'token-refresher-e2e-'));
  const { lambda, logs, ssm } = clients;
  const cdk = await createCdk(cdkTarget, project);
  const closed = new AbortController();
  const isLocal = cdkTarget.url !== undefined;
  const prepare = async ({ app = 'infra/app.ts', context = {} }: AppSettings): Promise<CdkSettings> => {
    const file = fileURLToPath(new URL(`../../${app}`, import.meta.url));
    const cdkJson = {
      app: `"${process.execPath}" "${file}"`,
      context: { refreshers: { [name]: settings } },
    };
    await writeFile(join(project, 'cdk.json'), JSON.stringify(cdkJson));
    return {
      context,
      signal: AbortSignal.any([
        closed.signal,
        AbortSignal.timeout(deployedWithin),
        ...(signal ? [signal] : []),
      ]),
    };
  };
  const logGroups = new Set<string>();
  let outputs: StackOutputs = {};

  const output: DeployedApp['output'] = (name, of = stack) => outputs[of]?.[name] ?? '';
  const invoke: DeployedApp['invoke'] = async (FunctionName, event = {}) => {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    const text = Buffer.from(Payload ?? []).toString('utf8');
    recordWritten(text);
    const answer = JSON.parse(text);
    if (FunctionError !== undefined) throw new Error(answer.errorMessage);
    return answer;
  };
  const storedVersion = async (): Promise<number> => {
    try {
      return (await ssm.send(new GetParameterCommand({ Name }))).Parameter?.Version ?? 0;
    } catch (error) {
      if (error instanceof ParameterNotFound) return 0;
      throw error;
    }
  };
  const storedToken = async (): Promise<StoredToken> => {
    const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    const record = JSON.parse(parameter?.Value ?? '') as StoredToken;
    confidential(record.access_token);
    return record;
  };
  /** Records the functions' logs, which are searched for confidential values at the end of all tests. */
  const recordLogs = async (): Promise<void> => {
    for (const logGroupName of logGroups) {
      const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
      for (const { message = '' } of events) recordWritten(message);
    }
  };
  return {
    clients,
    output,
    invoke,
    storedVersion,
    storedToken,
    async deploy(appSettings = {}) {
      const deploying = cdk.deploy(await prepare(appSettings));
      const deployed = await (isLocal ? correctSecretReferences(clients, stack, deploying) : deploying);
      outputs = deployed.outputs;
      logGroups.add(await findLogGroup(clients, output('FunctionName')));
      return deployed.output;
    },
    async destroy(appSettings = {}) {
      await recordLogs();
      await cdk.destroy(await prepare(appSettings));
    },
    resources: () => listResources(clients, stack),
    refresh: (event) => invoke(output('FunctionName'), event),
    async environment(FunctionName) {
      const { Environment: environment } = await lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName }),
      );
      return environment?.Variables;
    },
    logged: (fields, from = 0) =>
      waitFor(
        `a log entry with ${JSON.stringify(fields)}`,
        async () => {
          const logGroup = await findLogGroup(clients, output('FunctionName'));
          const entries = await readFunctionLog(clients, logGroup, from);
          return entries.find((entry) =>
            Object.entries(fields).every(([name, value]) => entry.fields[name] === value),
          );
        },
        // The cloud may deliver the entry only with the next run.
        { within: NEXT_CHECK_WITHIN, every: isLocal ? 200 : 2_000 },
      ),
    nextScheduledVersion: (after) =>
      waitFor(
        'a scheduled refresh',
        async () => {
          const version = await storedVersion();
          return version > after ? version : undefined;
        },
        { within: NEXT_CHECK_WITHIN },
      ),
    async age(seconds) {
      const record = await storedToken();
      const { issued_at, expires_at } = record;
      const { Version: version = 0 } = await ssm.send(
        new PutParameterCommand({
          Name,
          Value: JSON.stringify({
            ...record,
            issued_at: issued_at - seconds,
            expires_at: expires_at - seconds,
          }),
          Type: 'SecureString',
          KeyId: output('EncryptionKeyArn'),
          Overwrite: true,
        }),
      );
      return version;
    },
    async close() {
      closed.abort();
      await cdk.close();
      await rm(project, { recursive: true, force: true });
    },
  };
}
