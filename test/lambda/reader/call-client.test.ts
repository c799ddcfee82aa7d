import { expect, test, vi } from 'vitest';
import { invokeWith, readWith } from '../../../lambda/reader/call-client.ts';

const { signal } = new AbortController();
const call = vi.fn();

test.for<[string, number, () => Promise<unknown>, object, object, unknown]>([
  [
    'a read',
    15_000,
    () => readWith({ getParameter: call })('/app/token'),
    { Name: '/app/token', WithDecryption: true },
    { Parameter: { Type: 'SecureString' } },
    { Type: 'SecureString' },
  ],
  [
    'a read without a parameter',
    15_000,
    () => readWith({ getParameter: call })('/app/token'),
    { Name: '/app/token', WithDecryption: true },
    {},
    {},
  ],
  [
    'a report',
    75_000,
    () => invokeWith({ invoke: call })('refresher', '{}'),
    { FunctionName: 'refresher', InvocationType: 'RequestResponse', Payload: '{}' },
    { FunctionError: 'Unhandled', Payload: new TextEncoder().encode('{"a":1}') },
    { functionError: 'Unhandled', payload: '{"a":1}' },
  ],
])("%s tells the caller's client when to give up", async ([, limit, send, input, answer, expected]) => {
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(signal);
  call.mockReset().mockResolvedValue(answer);
  expect(await send()).toEqual(expected);
  expect(timeout.mock.calls).toEqual([[limit]]);
  expect(call.mock.calls).toEqual([[input, { abortSignal: signal }]]);
});
