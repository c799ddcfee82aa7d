import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTokenReader, type TokenReader } from '../../../lambda/reader/token-reader.ts';
import { fakeTokenReader } from '../../../lambda/testing/fake-token-reader.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../../local/authorization-server.ts';
import { type GuardedApi, startGuardedApi } from '../../../local/guarded-api.ts';
import {
  CLIENT_ID,
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';

/** A reader, and an API that accepts the current token. */
interface Stage {
  readonly reader: TokenReader;
  readonly url: string;
  /** The API refuses the current token from now on, and the next one is there. */
  replace(): Promise<void>;
}

const FAKE_TOKENS = ['the-first-token', 'the-second-token'];
let active = FAKE_TOKENS[0];
let fakeApi: GuardedApi;
function fakeStage(): Stage {
  [active] = FAKE_TOKENS;
  return {
    reader: fakeTokenReader({ token: FAKE_TOKENS }),
    url: fakeApi.url,
    async replace() {
      active = FAKE_TOKENS[1];
    },
  };
}

let authorizationServer: AuthorizationServer;
let realApi: GuardedApi;
let refresher: TestRefresher;
async function realStage(): Promise<Stage> {
  const replace = async () => {
    authorizationServer.revokeAll();
    expect((await refresher.invoke({ force: true })).ok).toBe(true);
  };
  await replace();
  return {
    reader: createTokenReader(),
    url: realApi.url,
    replace,
  };
}

beforeAll(async () => {
  const clientSecret = newClientSecret();
  authorizationServer = await startAuthorizationServer({ clientId: CLIENT_ID, clientSecret });
  [fakeApi, realApi, refresher] = await Promise.all([
    startGuardedApi(async (token) => token === active),
    startGuardedApi(authorizationServer.isActive),
    startRefresher({ TOKEN_URL: authorizationServer.tokenUrl }),
  ]);
  await refresher.putSecret(credentials(clientSecret));
  const environment = {
    TOKEN_PARAMETER_NAME: refresher.parameterName,
    TOKEN_REFRESHER_FUNCTION_NAME: FUNCTION_NAME,
    AWS_ENDPOINT_URL: refresher.cloud.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([fakeApi.stop(), authorizationServer.stop(), realApi.stop(), refresher.close()]);
});

const body = () => ({
  method: 'POST',
  body: new Blob(['{}']).stream(),
  // Node.js requires it for streams. The types of the browser do not know it.
  duplex: 'half',
});
const statusOf = async ({ reader, url }: Stage, init?: RequestInit) => (await reader.fetch(url, init)).status;

const BEHAVIOURS: readonly (readonly [string, (stage: Stage) => Promise<unknown>, unknown])[] = [
  ['fetch authorizes a request', statusOf, 200],
  ['fetch authorizes a Request', async ({ reader, url }) => (await reader.fetch(new Request(url))).ok, true],
  [
    'authorization is the header with the token',
    async ({ reader }) => (await reader.authorization()) === `Bearer ${await reader.get()}`,
    true,
  ],
  [
    'fetch repeats a request with the token that replaced a rejected one',
    async (stage) => {
      const former = await stage.reader.get();
      await stage.replace();
      return [await statusOf(stage), (await stage.reader.get()) === former];
    },
    [200, false],
  ],
  [
    'fetch does not repeat a stream, but the next request has the new token',
    async (stage) => {
      await stage.reader.get();
      await stage.replace();
      return [await statusOf(stage, body() as RequestInit), await statusOf(stage)];
    },
    [401, 200],
  ],
  [
    'get returns the token that replaced a rejected one',
    async (stage) => {
      const former = await stage.reader.get();
      await stage.replace();
      await stage.reader.reject(former);
      return [(await stage.reader.get()) === former, await statusOf(stage)];
    },
    [false, 200],
  ],
  [
    'fetch refuses a request with an Authorization header',
    (stage) => statusOf(stage, { headers: { authorization: 'Basic x' } }).catch((error: Error) => error.name),
    'TypeError',
  ],
  [
    'get refuses a negative minimumValidity',
    ({ reader }) => reader.get({ minimumValidity: -1 }).catch((error: Error) => error.name),
    'TypeError',
  ],
  [
    'reject refuses what is not a token',
    ({ reader }) => reader.reject('two words').catch((error: Error) => error.name),
    'TypeError',
  ],
];

describe.for<[string, () => Stage | Promise<Stage>]>([
  ['the token reader', realStage],
  ['the fake', fakeStage],
])('with %s,', ([, start]) => {
  test.for(BEHAVIOURS)('%s', async ([, behave, expected]) => {
    expect(await behave(await start())).toEqual(expected);
  });
});
