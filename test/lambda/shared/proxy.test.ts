import { setImmediate } from 'node:timers/promises';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PROXIED_URL, startProxiedAws } from '../../support/proxied-aws.ts';
import { answer } from '../../support/scripted-aws.ts';
import { startStalledProxy } from '../../support/stalled-proxy.ts';

const CONNECT_MS = 1_500;
const INPUT = { Name: '/a', WithDecryption: true } as const;

beforeEach(() => {
  const environment = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

type Environment = Readonly<Record<string, string>> & { readonly AWS_ENDPOINT_URL: string };

/** The ways to call AWS. The variables are read when the modules load. */
async function load(environment: Environment) {
  for (const [name, value] of Object.entries({ NODE_USE_ENV_PROXY: '1', ...environment }))
    vi.stubEnv(name, value);
  vi.resetModules();
  const [{ post }, { AWS_CLIENT }, { createSsm, createLambda }] = await Promise.all([
    import('../../../lambda/shared/post.ts'),
    import('../../../lambda/shared/aws-client.ts'),
    import('../../../lambda/reader/sdk-clients.ts'),
  ]);
  const { signal: abortSignal } = new AbortController();
  const ssm = new SSMClient({ ...AWS_CLIENT, maxAttempts: 1 });
  const limits = { connect: CONNECT_MS, answer: 4_000 };
  return {
    'a reader without the SDK': () => post(new URL(environment.AWS_ENDPOINT_URL), {}, '', limits),
    "a reader's client for Parameter Store": async () =>
      (await createSsm()).ssm.getParameter(INPUT, { abortSignal }),
    "a reader's client for Lambda": async () =>
      (await createLambda()).invoke(
        { FunctionName: 'refresher', InvocationType: 'RequestResponse', Payload: '' },
        { abortSignal },
      ),
    'a client of the refresher': () => ssm.send(new GetParameterCommand(INPUT)),
  };
}
const WAYS = [
  'a reader without the SDK',
  "a reader's client for Parameter Store",
  "a reader's client for Lambda",
  'a client of the refresher',
] as const satisfies readonly (keyof Awaited<ReturnType<typeof load>>)[];

test.for([
  ['1', true],
  ['0', false],
  ['', false],
  [undefined, false],
] as const)(
  'AWS clients use the proxy of the environment if NODE_USE_ENV_PROXY is %j: %s',
  async ([value, uses]) => {
    vi.stubEnv('NODE_USE_ENV_PROXY', value);
    vi.resetModules();
    const { proxyEnv } = await import('../../../lambda/shared/proxy.ts');
    expect(proxyEnv).toBe(uses ? process.env : undefined);
  },
);

describe.for([
  ['does not answer', ''],
  ['opens a tunnel in which nobody answers', 'HTTP/1.1 200 OK\r\n\r\n'],
] as const)('if the proxy %s,', ([, greeting]) => {
  test.for(WAYS)('%s closes its connections when their time is over', async (way) => {
    const proxy = await startStalledProxy(greeting);
    const send = (await load({ HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL: PROXIED_URL }))[way];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sending = send();
    const failure = sending.then(
      () => 'answered',
      () => 'failed',
    );
    while (proxy.accepted() === 0) await setImmediate();
    expect(proxy.open()).toBe(1);
    for (let outcome: unknown; outcome === undefined; ) {
      await vi.advanceTimersByTimeAsync(CONNECT_MS);
      outcome = await Promise.race([failure, setImmediate()]);
    }
    expect(await failure).toBe('failed');
    while (proxy.open() > 0) await setImmediate();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.for<[string, (proxy: string, port: number) => Environment, readonly string[]]>([
  [
    'that is open',
    (proxy) => ({ HTTPS_PROXY: proxy, AWS_ENDPOINT_URL: PROXIED_URL }),
    ['aws.example.com:443'],
  ],
  [
    'that is not needed',
    (proxy, port) => ({
      HTTPS_PROXY: proxy,
      NO_PROXY: 'localhost',
      AWS_ENDPOINT_URL: `https://localhost:${port}`,
    }),
    [],
  ],
])('the time limit of a tunnel %s', ([, environment, tunnels]) => {
  test.for(WAYS)('does not end the request of %s', async (way) => {
    let finish: (() => void) | undefined;
    const { proxy, front } = await startProxiedAws([
      (response) => {
        finish = () => answer(200, '{}')(response);
      },
    ]);
    const send = (await load(environment(proxy.url, front.port)))[way];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const sending = send();
    while (finish === undefined) await setImmediate();
    await vi.advanceTimersByTimeAsync(CONNECT_MS);
    finish();
    await expect(sending).resolves.toBeDefined();
    expect(proxy.tunnels).toEqual(tunnels);
  });
});

test('the calls of a client of the refresher share a connection', async () => {
  const { proxy } = await startProxiedAws([answer(200, '{}')]);
  const ways = await load({ HTTPS_PROXY: proxy.url, AWS_ENDPOINT_URL: PROXIED_URL });
  await ways['a client of the refresher']();
  await ways['a client of the refresher']();
  expect(proxy.tunnels).toEqual(['aws.example.com:443']);
});
