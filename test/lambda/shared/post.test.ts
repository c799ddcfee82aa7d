import { once } from 'node:events';
import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { post } from '../../../lambda/shared/post.ts';
import { PROXIED_URL, startProxiedAws } from '../../support/proxied-aws.ts';
import { answer, broken, type Reply, reset, silence, startScriptedAws } from '../../support/scripted-aws.ts';
import { startStalledProxy } from '../../support/stalled-proxy.ts';

const LIMITS = { connect: 1_500, answer: 4_000 };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function startServer(reply: Reply) {
  const aws = await startScriptedAws([reply]);
  onTestFinished(aws.stop);
  return { aws, send: (body = '') => post(new URL(`${aws.url}/path`), { 'x-a': 'b' }, body, LIMITS) };
}
/** The variables are read when the module loads. */
async function loadPost(proxyUrl: string): Promise<typeof post> {
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  vi.stubEnv('HTTPS_PROXY', proxyUrl);
  vi.resetModules();
  return (await import('../../../lambda/shared/post.ts')).post;
}
/** The connection may close after the answer. */
async function expectNoTimer(): Promise<void> {
  for (let turn = 0; turn < 1_000 && vi.getTimerCount() > 0; turn += 1) await setImmediate();
  expect(vi.getTimerCount()).toBe(0);
}
const halt = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });

test('a request has its path, its headers, and the length of its body in bytes', async () => {
  const { aws, send } = await startServer(answer(201, 'ä', { 'x-c': 'd' }));
  expect(await send('üü')).toMatchObject({ status: 201, headers: { 'x-c': 'd' }, text: 'ä' });
  expect(aws.requests).toMatchObject([
    { method: 'POST', path: '/path', headers: { 'x-a': 'b', 'content-length': '4' }, body: 'üü' },
  ]);
});

test('a character that arrives in two parts is one', async () => {
  const bytes = Buffer.from('aüb');
  const { send } = await startServer((response) => {
    response.write(
      bytes.subarray(0, 2),
      () => void setImmediate().then(() => response.end(bytes.subarray(2))),
    );
  });
  expect(await send()).toMatchObject({ text: 'aüb' });
});

test('an endpoint with https is called over TLS', async () => {
  const { front } = await startProxiedAws([answer(200, 'safe')]);
  const url = new URL(`https://localhost:${front.port}`);
  expect(await post(url, {}, '', LIMITS)).toMatchObject({ status: 200, text: 'safe' });
});

test('behind a proxy, the time limit of the connection ends when the tunnel is open', async () => {
  let finish: (() => void) | undefined;
  const { aws, proxy } = await startProxiedAws([
    (response) => {
      finish = () => answer(200, 'safe')(response);
    },
  ]);
  const postThroughProxy = await loadPost(proxy.url);
  halt();
  const sending = postThroughProxy(new URL(PROXIED_URL), {}, '', LIMITS);
  while (aws.requests.length === 0 || finish === undefined) await setImmediate();
  vi.advanceTimersByTime(LIMITS.connect);
  finish();
  expect(await sending).toMatchObject({ status: 200, text: 'safe' });
  expect(proxy.tunnels).toEqual(['aws.example.com:443']);
});

test.for<[string, string]>([
  ['does not answer', ''],
  ['opens a tunnel in which nobody answers', 'HTTP/1.1 200 OK\r\n\r\n'],
])('if the proxy %s, the time limit of the connection ends the request', async ([, greeting]) => {
  const proxy = await startStalledProxy(greeting);
  const postThroughProxy = await loadPost(proxy.url);
  halt();
  const failure = postThroughProxy(new URL(PROXIED_URL), {}, '', LIMITS).catch((error: unknown) => error);
  while (proxy.accepted() === 0) await setImmediate();
  vi.advanceTimersByTime(LIMITS.connect);
  expect(await failure).toMatchObject({ name: 'TimeoutError', message: 'no connection in 1500 ms' });
  await expectNoTimer();
});

test.for<[string, Reply, object]>([
  ['a reset', reset, { code: 'ECONNRESET' }],
  ['half of an answer', broken, { code: 'ECONNRESET' }],
])('%s fails with the error of Node.js, and no timer is left', async ([, reply, fields]) => {
  halt();
  const { send } = await startServer(reply);
  await expect(send()).rejects.toMatchObject(fields);
  await expectNoTimer();
});

test('a refused connection fails at once, and no timer is left', async () => {
  const { aws, send } = await startServer(answer(200, ''));
  await aws.stop();
  halt();
  await expect(send()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expectNoTimer();
});

test('no timer is left after an answer', async () => {
  halt();
  const { send } = await startServer(answer(200, ''));
  await send();
  await expectNoTimer();
});

test('an answer may have a million characters', async () => {
  const { send } = await startServer(answer(200, 'ä'.repeat(1_000_000)));
  expect((await send()).text).toHaveLength(1_000_000);
});

test('an answer with more characters fails, and its connection closes', async () => {
  let closed: Promise<unknown> | undefined;
  const { send } = await startServer((response) => {
    closed = once(response, 'close');
    response.write('x'.repeat(1_000_001));
  });
  await expect(send()).rejects.toMatchObject({
    name: 'AnswerTooLarge',
    message: 'more than 1000000 characters',
  });
  await closed;
});

test('a request without an answer ends after its time limit, and so does its connection', async () => {
  halt();
  let closed: Promise<unknown> | undefined;
  const { aws, send } = await startServer((response) => {
    closed = once(response, 'close');
    silence(response);
  });
  const failure = send().catch((error: unknown) => error);
  while (aws.requests.length === 0) await setImmediate();
  vi.advanceTimersByTime(LIMITS.connect);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(LIMITS.answer - LIMITS.connect);
  expect(await failure).toMatchObject({ name: 'TimeoutError', message: 'no answer in 4000 ms' });
  await closed;
});

test('a request without a connection ends after its time limit', async () => {
  halt();
  const { aws, send } = await startServer(answer(200, ''));
  const connect = vi.spyOn(Socket.prototype, 'connect').mockImplementationOnce(function (this: Socket) {
    return Object.assign(this, { connecting: true });
  });
  const failure = send().catch((error: unknown) => error);
  // Until the request has its socket.
  do await setImmediate();
  while (connect.mock.calls.length === 0);
  vi.advanceTimersByTime(LIMITS.connect);
  expect(await failure).toMatchObject({ name: 'TimeoutError', message: 'no connection in 1500 ms' });
  expect(aws.requests).toEqual([]);
});
