import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { readSettings } from '../../infra/settings.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../authorization-server.ts';
import { startAwsEndpoint } from '../embedded-cloud/endpoint.ts';
import { externalEndpoint } from '../external-endpoint.ts';
import { type RunningFunction, startFunction } from '../function-process.ts';
import { startGuardedApi } from '../guarded-api.ts';
import { type DeployableFunction, synthesizeFunction } from '../synthesize.ts';

const SECRET_NAME = 'token-refresher/local';
const REGION = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
/** Stands for the key that the stack makes; the local endpoint takes every key that is one in form. */
const LOCAL_KEY = 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000';

/** The policy of the sped-up schedule and the tokens' lifetime, in seconds. */
export const LOCAL_POLICY = { checkEvery: 5, refreshBefore: 60, tokenLifetime: 90 } as const;

export interface LocalSystem extends AsyncDisposable {
  readonly awsUrl: string;
  /** Whether `AWS_ENDPOINT_URL` named the endpoint, rather than this process running its own. */
  readonly external: boolean;
  readonly region: string;
  readonly parameterName: string;
  readonly authorizationServer: AuthorizationServer;
  readonly apiUrl: string;
  readonly fn: RunningFunction;
  readonly ssm: SSMClient;
  /** Puts the client secret that is in force at the authorization server into the secret. */
  putCredentials(): Promise<void>;
}

/** Starts everything that the refresher needs and the bundled function itself, but sends it no event. */
export async function startSystem(): Promise<LocalSystem> {
  const externalUrl = await externalEndpoint();
  const settings = await readRefresher();
  await using started = new AsyncDisposableStack();
  const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-'));
  started.defer(() => rm(outdir, { recursive: true, force: true }));
  const authorizationServer = await startAuthorizationServer({ tokenLifetime: LOCAL_POLICY.tokenLifetime });
  started.defer(() => authorizationServer.stop());
  const api = await startGuardedApi(authorizationServer.isActive);
  started.defer(() => api.stop());
  const own = externalUrl === undefined ? await startAwsEndpoint() : undefined;
  started.defer(async () => own?.close());
  const awsUrl = own?.url ?? externalUrl ?? '';
  const credentials = {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'local',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'local',
    ...(process.env.AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: process.env.AWS_SESSION_TOKEN }),
  };
  const client = { region: REGION, endpoint: awsUrl, credentials };
  const secretsManager = new SecretsManagerClient(client);
  const ssm = new SSMClient(client);
  started.defer(() => {
    ssm.destroy();
    secretsManager.destroy();
  });
  const deployable = await synthesizeFunction(
    { ...settings, tokenUrl: authorizationServer.tokenUrl },
    outdir,
  );
  const fn = await startFunction(deployable.module, {
    ...resolveEnvironment(deployable, own === undefined ? 'alias/aws/ssm' : LOCAL_KEY),
    [ENVIRONMENT.checkEvery]: String(LOCAL_POLICY.checkEvery),
    [ENVIRONMENT.refreshBefore]: String(LOCAL_POLICY.refreshBefore),
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
  });
  started.defer(() => fn.close());
  const running = started.move();
  return {
    awsUrl,
    external: own === undefined,
    region: REGION,
    parameterName: String(deployable.environment[ENVIRONMENT.parameterName]),
    authorizationServer,
    apiUrl: api.url,
    fn,
    ssm,
    putCredentials: () => putCredentials(secretsManager, authorizationServer),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The template's environment, with what stands here for the secret and the key that it refers to. */
export function resolveEnvironment(
  { environment }: DeployableFunction,
  keyId: string = LOCAL_KEY,
): Record<string, string> {
  const here = { [ENVIRONMENT.credentialsSecretId]: SECRET_NAME, [ENVIRONMENT.parameterKeyId]: keyId };
  return Object.fromEntries(
    Object.entries({ ...environment, ...here }).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      throw new Error(`the template's ${name} refers to a resource that has no local counterpart`);
    }),
  );
}

/** The first refresher of cdk.json, with a secret and a key of its own: those that it names are elsewhere. */
async function readRefresher(): Promise<object> {
  const cdkJson = JSON.parse(await readFile(new URL('../../cdk.json', import.meta.url), 'utf8'));
  readSettings(cdkJson.context);
  const [first = {}] = Object.values<Record<string, unknown>>(cdkJson.context.refreshers);
  const { credentials: _credentials, encryptionKey: _key, ...settings } = first;
  return settings;
}

async function putCredentials(
  secretsManager: SecretsManagerClient,
  server: AuthorizationServer,
): Promise<void> {
  const SecretString = JSON.stringify({ client_id: server.clientId, client_secret: server.clientSecret });
  try {
    await secretsManager.send(new CreateSecretCommand({ Name: SECRET_NAME, SecretString }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await secretsManager.send(new PutSecretValueCommand({ SecretId: SECRET_NAME, SecretString }));
  }
}
