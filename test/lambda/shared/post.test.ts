import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { post } from '../../../lambda/shared/post.ts';
import { createCertificateAuthority } from '../../support/certificates.ts';
import { answer, broken, type Reply, reset, silence, startScriptedAws } from '../../support/scripted-aws.ts';

const LIMITS = { connect: 1_500, answer: 4_000 };

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function startServer(reply: Reply) {
  const aws = await startScriptedAws([reply]);
  onTestFinished(aws.stop);
  return { aws, send: (body = '') => post(new URL(`${aws.url}/path`), { 'x-a': 'b' }, body, LIMITS) };
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
  const [first, ...rest] = Buffer.from('ü');
  const { send } = await startServer((response) => {
    response.write(
      Buffer.of(first ?? 0),
      () => void setImmediate().then(() => response.end(Buffer.from(rest))),
    );
  });
  expect(await send()).toMatchObject({ text: 'ü' });
});

test('an endpoint with https is called over TLS', async () => {
  const authority = await createCertificateAuthority();
  const usual = getCACertificates('default');
  setDefaultCACertificates([...usual, authority.cert]);
  const server = createServer(await authority.issue('localhost'), (_request, response) =>
    response.end('safe'),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    setDefaultCACertificates(usual);
    server.close();
    await once(server, 'close');
  });
  const url = new URL(`https://localhost:${(server.address() as AddressInfo).port}`);
  expect(await post(url, {}, '', LIMITS)).toMatchObject({ status: 200, text: 'safe' });
});

test.for<[string, Reply, object]>([
  ['a reset', reset, { code: 'ECONNRESET' }],
  ['half of an answer', broken, { code: 'ECONNRESET' }],
])('%s fails with the error of Node.js, and no timer is left', async ([, reply, fields]) => {
  halt();
  const { send } = await startServer(reply);
  await expect(send()).rejects.toMatchObject(fields);
  while (vi.getTimerCount() > 0) await setImmediate();
});

test('no timer is left after an answer', async () => {
  halt();
  const { send } = await startServer(answer(200, ''));
  await send();
  while (vi.getTimerCount() > 0) await setImmediate();
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
  while (connect.mock.calls.length === 0) await setImmediate();
  vi.advanceTimersByTime(LIMITS.connect);
  expect(await failure).toMatchObject({ name: 'TimeoutError', message: 'no connection in 1500 ms' });
  expect(aws.requests).toEqual([]);
});
