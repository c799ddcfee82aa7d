import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../infra/settings.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../authorization-server.ts';
import { startFunction } from '../function-container.ts';
import { resolveEnvironment, SECRET_NAME } from '../function-environment.ts';
import { startGuardedApi } from '../guarded-api.ts';
import { putSecret } from '../put-secret.ts';
import { type DeployableFunction, synthesizeFunction } from '../synthesize.ts';
import { type LocalCloud, startLocalCloud } from './local-cloud.ts';
import { createRuns, type Runs } from './runs.ts';

/** A schedule fast enough to watch, and the lifetime of the tokens. Seconds. */
export const LOCAL_POLICY = { checkEvery: 5, refreshBefore: 60, tokenLifetime: 90 } as const;

export interface LocalSystem extends AsyncDisposable {
  readonly cloud: LocalCloud;
  readonly parameterName: string;
  readonly authorizationServer: AuthorizationServer;
  readonly apiUrl: string;
  readonly runs: Runs;
  /** Writes the current client secret of the authorization server to the secret. */
  putCredentials(): Promise<void>;
}

/**
 * Starts the bundled function and everything it needs, but sends it no event.
 * @throws Error if `stop` aborts before everything is started
 */
export async function startSystem(stop?: AbortSignal): Promise<LocalSystem> {
  const settings = await readRefresher();
  await using started = new AsyncDisposableStack();
  const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-'));
  started.defer(() => rm(outdir, { recursive: true, force: true }));
  const authorizationServer = await startAuthorizationServer({ tokenLifetime: LOCAL_POLICY.tokenLifetime });
  started.defer(() => authorizationServer.stop());
  const api = await startGuardedApi(authorizationServer.isActive);
  started.defer(() => api.stop());
  const cloud = started.use(await startLocalCloud((event) => invoke(event)));
  const { tokenUrl } = authorizationServer;
  const deployable = await synthesizeFunction({ ...settings, tokenUrl }, outdir, stop);
  const fn = await startFunction(deployable.module, functionEnvironment(deployable, cloud));
  started.defer(() => fn.close());
  stop?.throwIfAborted();
  const runs = createRuns((event) => fn.invoke(event));
  const invoke = invokeAsLambda(runs);
  const running = started.move();
  return {
    cloud,
    parameterName: String(deployable.environment[ENVIRONMENT.parameterName]),
    authorizationServer,
    apiUrl: api.url,
    runs,
    async putCredentials() {
      const { clientId, clientSecret } = authorizationServer;
      const value = JSON.stringify({ client_id: clientId, client_secret: clientSecret });
      await putSecret(cloud.secretsManager, SECRET_NAME, value);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function functionEnvironment(
  deployable: DeployableFunction,
  { url, external, region, credentials }: LocalCloud,
): Parameters<typeof startFunction>[1] {
  return {
    ...resolveEnvironment(deployable, external ? 'alias/aws/ssm' : undefined),
    [ENVIRONMENT.checkEvery]: String(LOCAL_POLICY.checkEvery),
    [ENVIRONMENT.refreshBefore]: String(LOCAL_POLICY.refreshBefore),
    AWS_REGION: region,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
  };
}

/** Runs the refresher for Lambda's Invoke. A failed run throws the function's error. */
function invokeAsLambda(runs: Runs): (event: unknown) => Promise<unknown> {
  return async (event) => {
    const answer = await runs.run(event, 'report');
    if (answer.ok) return answer.result;
    throw Object.assign(new Error(answer.errorMessage), { name: answer.errorType });
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
