import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { readSettings } from '../../infra/settings.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../authorization-server.ts';
import { startAwsEndpoint } from '../embedded-cloud/endpoint.ts';
import { externalEndpoint } from '../external-endpoint.ts';
import { type RunningFunction, startFunction } from '../function-container.ts';
import { resolveEnvironment, SECRET_NAME } from '../function-environment.ts';
import { startGuardedApi } from '../guarded-api.ts';
import { putSecret } from '../put-secret.ts';
import { synthesizeFunction } from '../synthesize.ts';

/** A schedule fast enough to watch, and the lifetime of the tokens. Seconds. */
export const LOCAL_POLICY = { checkEvery: 5, refreshBefore: 60, tokenLifetime: 90 } as const;

export interface LocalSystem extends AsyncDisposable {
  readonly awsUrl: string;
  /** Whether `AWS_ENDPOINT_URL` names the endpoint. Otherwise this process runs it. */
  readonly external: boolean;
  readonly region: string;
  readonly parameterName: string;
  readonly authorizationServer: AuthorizationServer;
  readonly apiUrl: string;
  readonly fn: RunningFunction;
  readonly ssm: SSMClient;
  /** Writes the current client secret of the authorization server to the secret. */
  putCredentials(): Promise<void>;
}

/** Starts the bundled function and everything it needs, but sends it no event. */
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
  const embedded = externalUrl === undefined ? await startAwsEndpoint() : undefined;
  started.defer(async () => embedded?.close());
  const awsUrl = embedded?.url ?? externalUrl ?? '';
  const { region, credentials } = readAccess();
  const secretsManager = new SecretsManagerClient({ region, credentials, endpoint: awsUrl });
  started.defer(() => secretsManager.destroy());
  const ssm = new SSMClient({ region, credentials, endpoint: awsUrl });
  started.defer(() => ssm.destroy());
  const { tokenUrl } = authorizationServer;
  const deployable = await synthesizeFunction({ ...settings, tokenUrl }, outdir);
  const fn = await startFunction(deployable.module, {
    ...resolveEnvironment(deployable, embedded === undefined ? 'alias/aws/ssm' : undefined),
    [ENVIRONMENT.checkEvery]: String(LOCAL_POLICY.checkEvery),
    [ENVIRONMENT.refreshBefore]: String(LOCAL_POLICY.refreshBefore),
    AWS_REGION: region,
    AWS_ENDPOINT_URL: awsUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
  });
  started.defer(() => fn.close());
  const running = started.move();
  return {
    awsUrl,
    external: embedded === undefined,
    region,
    parameterName: String(deployable.environment[ENVIRONMENT.parameterName]),
    authorizationServer,
    apiUrl: api.url,
    fn,
    ssm,
    async putCredentials() {
      const { clientId, clientSecret } = authorizationServer;
      const value = JSON.stringify({ client_id: clientId, client_secret: clientSecret });
      await putSecret(secretsManager, SECRET_NAME, value);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function readAccess() {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_SESSION_TOKEN: sessionToken } = process.env;
  const { AWS_ACCESS_KEY_ID: accessKeyId = 'local', AWS_SECRET_ACCESS_KEY: secretAccessKey = 'local' } =
    process.env;
  return {
    region: AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1',
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  };
}

/** The first refresher of cdk.json, without the secret and the key that it names: those are in AWS. */
async function readRefresher(): Promise<object> {
  const cdkJson = JSON.parse(await readFile(new URL('../../cdk.json', import.meta.url), 'utf8'));
  readSettings(cdkJson.context);
  const [first = {}] = Object.values<Record<string, unknown>>(cdkJson.context.refreshers);
  const { credentials: _credentials, encryptionKey: _key, ...settings } = first;
  return settings;
}
