import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { ENVIRONMENT } from '../lambda/environment.ts';
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts';
import { startAwsEndpoint } from './cloud/endpoint.ts';
import { type RunningFunction, startFunction } from './function.ts';
import { startGuardedApi } from './guarded-api.ts';
import { type DeployableFunction, synthesizeFunction } from './synthesize.ts';

/** The refresher of cdk.json that is run here. */
const REFRESHER = 'spotnana';
const SECRET_NAME = 'token-refresher/local';
const REGION = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
/** Stands for the key that the stack makes; the local endpoint takes every key that is one in form. */
const LOCAL_KEY = 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000';

/** The policy of the sped-up schedule and the tokens' lifetime, in seconds. */
export const LOCAL_POLICY = { checkEvery: 5, refreshBefore: 60, tokenLifetime: 90 } as const;

export interface LocalSystem {
  readonly awsUrl: string;
  /** Whether `AWS_ENDPOINT_URL` named the endpoint, rather than this process running its own. */
  readonly external: boolean;
  readonly region: string;
  readonly parameterName: string;
  readonly authorizationServer: AuthorizationServer;
  readonly apiUrl: string;
  readonly fn: RunningFunction;
  readonly deployable: DeployableFunction;
  readonly ssm: SSMClient;
  /** Puts the client secret that is in force at the authorization server into the secret. */
  putCredentials(): Promise<void>;
  close(): Promise<void>;
}

/** Starts everything that the refresher needs and the bundled function itself, but sends it no event. */
export async function startSystem(): Promise<LocalSystem> {
  const externalUrl = process.env.AWS_ENDPOINT_URL;
  const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-'));
  const authorizationServer = await startAuthorizationServer({ tokenLifetime: LOCAL_POLICY.tokenLifetime });
  const api = await startGuardedApi(authorizationServer.isActive);
  const own = externalUrl === undefined ? await startAwsEndpoint() : undefined;
  const awsUrl = own?.url ?? externalUrl ?? '';
  const credentials = {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? 'local',
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? 'local',
    ...(process.env.AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: process.env.AWS_SESSION_TOKEN }),
  };
  const client = { region: REGION, endpoint: awsUrl, credentials };
  const secretsManager = new SecretsManagerClient(client);
  const ssm = new SSMClient(client);
  const deployable = await synthesizeFunction(REFRESHER, {
    outdir,
    context: { [`${REFRESHER}.tokenUrl`]: authorizationServer.tokenUrl },
  });
  const fn = await startFunction(deployable.module, {
    ...resolveEnvironment(deployable),
    [ENVIRONMENT.checkEvery]: String(LOCAL_POLICY.checkEvery),
    [ENVIRONMENT.refreshBefore]: String(LOCAL_POLICY.refreshBefore),
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
  });
  return {
    awsUrl,
    external: own === undefined,
    region: REGION,
    parameterName: String(deployable.environment[ENVIRONMENT.parameterName]),
    authorizationServer,
    apiUrl: api.url,
    fn,
    deployable,
    ssm,
    putCredentials: () => putCredentials(secretsManager, authorizationServer),
    close: async () => {
      await fn.close();
      await Promise.all([authorizationServer.stop(), api.stop(), own?.close()]);
      ssm.destroy();
      secretsManager.destroy();
      await rm(outdir, { recursive: true, force: true });
    },
  };
}

/** Puts what CloudFormation would put in place of the template's references. */
export function resolveEnvironment({ environment, template }: DeployableFunction): Record<string, string> {
  const typeOf = (id: string): string | undefined => template.Resources[id]?.Type;
  const resolve = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const { Ref: ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
    const type = typeOf(ref ?? attribute?.[0] ?? '');
    if (type === 'AWS::SecretsManager::Secret') return SECRET_NAME;
    if (type === 'AWS::KMS::Key')
      return process.env.AWS_ENDPOINT_URL === undefined ? LOCAL_KEY : 'alias/aws/ssm';
    throw new Error(
      `the template's environment refers to ${JSON.stringify(value)}, which has no local counterpart`,
    );
  };
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, resolve(value)]));
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
