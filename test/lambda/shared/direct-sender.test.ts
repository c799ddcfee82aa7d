import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { DirectEndpoint } from '../../../lambda/shared/direct-endpoint.ts';
import { createDirectSender } from '../../../lambda/shared/direct-sender.ts';
import { answer, type Reply, startScriptedAws } from '../../support/scripted-aws.ts';

const NOW = 1_800_000_000_000;
const dated = (milliseconds: number, status = 200): Reply =>
  answer(status, {}, { date: new Date(milliseconds).toUTCString() });

async function startSender(replies: readonly Reply[], basePath = '', now: () => number = () => NOW) {
  const aws = await startScriptedAws(replies);
  onTestFinished(aws.stop);
  const send = createDirectSender(now);
  const endpoint: DirectEndpoint = {
    ...{ service: 'ssm' as const, region: 'us-east-1', url: new URL(aws.url + basePath) },
    credentials: { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: undefined },
  };
  const limits = { connect: 60_000, answer: 60_000 };
  const post = (path = '/') => send(endpoint, { path, headers: {}, body: '{}', limits });
  return { aws, post };
}
const signedAt = ({ headers }: { headers: NodeJS.Dict<string | string[]> }) => headers['x-amz-date'];

test.for<[string, number, string, boolean]>([
  ['four minutes ahead', 240_000, '20270115T080400Z', true],
  ['four minutes behind', -240_000, '20270115T075600Z', true],
  ['almost four minutes ahead', 239_000, '20270115T080000Z', false],
  ['almost four minutes behind', -239_000, '20270115T080000Z', false],
])(
  'if the clock of AWS is %s, the next request is signed with the right time',
  async ([, ahead, time, corrected]) => {
    const { aws, post } = await startSender([
      dated(NOW + ahead, 400),
      dated(NOW + ahead, 400),
      dated(NOW + ahead),
    ]);
    await expect(post()).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400, clockSkewCorrected: corrected },
    });
    await expect(post()).rejects.toMatchObject({ $metadata: { clockSkewCorrected: false } });
    await post();
    expect(aws.requests.map(signedAt)).toEqual(['20270115T080000Z', time, time]);
  },
);

test('the time of AWS is also learned from a good answer', async () => {
  const { aws, post } = await startSender([dated(NOW + 3_600_000)]);
  await post();
  await post();
  expect(aws.requests.map(signedAt)).toEqual(['20270115T080000Z', '20270115T090000Z']);
});

test('if this clock is set back during a request, the clock of AWS counts', async () => {
  const times = [NOW];
  const { aws, post } = await startSender([dated(NOW - 1_000)], '', () => times.shift() ?? NOW - 3_600_000);
  await post();
  await post();
  expect(aws.requests.map(signedAt)).toEqual(['20270115T080000Z', '20270115T075959Z']);
});

test.for([
  ['when it was sent', NOW],
  ['when it arrived', NOW + 3_600_000],
] as const)(
  'if Lambda froze the container during a request, the clock is not wrong: AWS answered %s',
  async ([, date]) => {
    const times = [NOW, NOW + 3_600_000];
    const { aws, post } = await startSender([dated(date)], '', () => times.shift() ?? NOW + 3_600_000);
    await post();
    await post();
    expect(aws.requests.map(signedAt)).toEqual(['20270115T080000Z', '20270115T090000Z']);
  },
);

test.for([
  ['', '/', '/'],
  ['/', '/', '/'],
  ['/base', '/', '/base/'],
  ['/base/', '/a', '/base/a'],
  ['//other.example.com', '/a', '//other.example.com/a'],
  ['', '/a%3Ab', '/a%3Ab'],
] as const)('an endpoint with the path %j is asked for %j at %j', async ([base, path, expected]) => {
  const { aws, post } = await startSender([dated(NOW)], base);
  await post(path);
  expect(aws.requests[0]?.path).toBe(expected);
});

const unknownStatus: Reply = ({ socket }) =>
  void socket?.end('HTTP/1.1 099 Odd\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');

test.for<[string, Reply, object]>([
  ['its header', answer(400, {}, { 'x-amzn-errortype': 'aa#B:http://c' }), { name: 'B', message: 'B' }],
  ['its header before its body', answer(400, { __type: 'C' }, { 'x-amzn-errortype': 'B' }), { name: 'B' }],
  ['a list in its header', answer(400, {}, { 'x-amzn-errortype': 'B,C' }), { name: 'B' }],
  ['its body', answer(400, { __type: 'a#B', message: 'm' }), { name: 'B', message: 'm' }],
  ['its body, with a capital letter', answer(400, { __type: 'B', Message: 'm' }), { message: 'm' }],
  ['nothing', answer(400, 'oops'), { name: 'UnknownError', message: 'UnknownError' }],
  ['a redirect', answer(300, ''), { $metadata: { httpStatusCode: 300 } }],
  ['a status that HTTP does not know', unknownStatus, { $metadata: { httpStatusCode: 99 } }],
])('an error is named by %s', async ([, reply, fields]) => {
  const { post } = await startSender([reply]);
  await expect(post()).rejects.toMatchObject(fields);
});

test('every status of success is one', async () => {
  const { post } = await startSender([answer(299, 'text')]);
  expect(await post()).toMatchObject({ status: 299, text: 'text' });
});

test('an answer that never ends is given up', async () => {
  const { post } = await startSender([
    (response) => {
      const write = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', write);
      write();
    },
  ]);
  await expect(post()).rejects.toMatchObject({ name: 'AnswerTooLarge' });
});

test('a connection that closes without an answer or an error ends at the time limit', async () => {
  let closed: Promise<unknown> | undefined;
  const { post } = await startSender([
    ({ socket }) => {
      closed = socket === null ? undefined : once(socket, 'close');
      socket?.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    },
  ]);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const posting = post();
  await vi.waitFor(() => expect(closed).toBeDefined());
  await closed;
  vi.advanceTimersByTime(60_000);
  await expect(posting).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(vi.getTimerCount()).toBe(0);
});
