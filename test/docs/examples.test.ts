import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../local/authorization-server.ts';
import { type GuardedApi, startGuardedApi } from '../../local/guarded-api.ts';
import { awsClients } from '../support/client.ts';
import { confidential } from '../support/confidential.ts';
import { type LambdaExtension, startLambdaExtension } from '../support/lambda-extension.ts';
import { credentials, FUNCTION_NAME, startRefresher, type TestRefresher } from '../support/refresher.ts';

let authorizationServer: AuthorizationServer;
let api: GuardedApi;
let refresher: TestRefresher;
let extension: LambdaExtension;

beforeAll(async () => {
  const clientSecret = confidential(`example-secret/${randomUUID()}`);
  authorizationServer = await startAuthorizationServer({ clientId: 'client-id-of-the-test', clientSecret });
  [api, refresher] = await Promise.all([
    startGuardedApi(authorizationServer.isActive),
    startRefresher({ TOKEN_URL: authorizationServer.tokenUrl }),
  ]);
  await refresher.putSecret(credentials(clientSecret));
  expect((await refresher.invoke()).ok).toBe(true);
  const { ssm } = awsClients(refresher.cloud.url);
  extension = await startLambdaExtension(ssm, Date.now, 'the-session-token');
  const environment = {
    API_URL: api.url,
    TOKEN_PARAMETER_NAME: refresher.parameterName,
    TOKEN_REFRESHER_FUNCTION_NAME: FUNCTION_NAME,
    AWS_ENDPOINT_URL: refresher.cloud.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'the-session-token',
    PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: extension.port,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([authorizationServer.stop(), api.stop(), extension.stop(), refresher.close()]);
});

const EXAMPLES = ['reader', 'powertools', 'extension'] as const;
const load = async (name: (typeof EXAMPLES)[number]): Promise<() => Promise<unknown>> =>
  (await import(`../../examples/${name}.ts`)).handler;

test.for(EXAMPLES)('examples/%s.ts calls the API five times with one read of the token', async (name) => {
  const handler = await load(name);
  const before = refresher.cloud.calls.length;
  for (let call = 1; call <= 5; call += 1) expect(await handler()).toHaveProperty('trips');
  expect(refresher.cloud.calls.slice(before).map(({ operation }) => operation)).toEqual(['GetParameter']);
  expect(api.refused).toBe(0);
});

test.for(['powertools', 'reader'] as const)(
  'examples/%s.ts continues after the token is revoked and replaced',
  async (name) => {
    const handler = await load(name);
    await handler();
    const refused = api.refused;
    authorizationServer.revokeAll();
    expect((await refresher.invoke({ force: true })).ok).toBe(true);
    expect(await handler()).toHaveProperty('trips');
    expect(api.refused).toBe(refused + 1);
  },
);
