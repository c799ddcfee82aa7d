import { type AuthorizationServer, startAuthorizationServer } from '../authorization-server.ts';
import { startGuardedApi } from '../guarded-api.ts';
import { type Cdk, createCdk } from './cdk.ts';
import { type CloudClients, createCloudClients } from './cloud-clients.ts';
import { type LocalCloud, startLocalCloud } from './local-cloud.ts';
import type { Step } from './print-step.ts';

/** Seconds: short enough to see a refresh, long enough for a check every minute. */
const TOKEN_LIFETIME = 300;

/** Everything that a deployment needs. */
export interface LocalServices {
  readonly cloud: LocalCloud;
  readonly clients: CloudClients;
  readonly authorizationServer: AuthorizationServer;
  readonly apiUrl: string;
  readonly cdk: Cdk;
}

/** Starts the services. `started` closes them. */
export async function startLocalServices(
  started: AsyncDisposableStack,
  step: Step,
  signal: AbortSignal,
): Promise<LocalServices> {
  const cloud = await step(
    'local cloud',
    () => startLocalCloud(signal),
    ({ description }) => description,
  );
  started.defer(() => cloud.close());
  const authorizationServer = await step(
    'authorization server',
    // The secret is fixed, so that a deployment to a cloud that keeps running can be repeated.
    () => startAuthorizationServer({ tokenLifetime: TOKEN_LIFETIME, clientSecret: 'local-secret' }),
    ({ tokenUrl }) => `${tokenUrl}, tokens valid for ${TOKEN_LIFETIME} s`,
  );
  started.defer(() => authorizationServer.stop());
  const api = await startGuardedApi(authorizationServer.isActive);
  started.defer(() => api.stop());
  const cdk = await createCdk(cloud);
  started.defer(() => cdk.close());
  return { cloud, clients: createCloudClients(cloud), authorizationServer, apiUrl: api.url, cdk };
}
