import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { abortable } from '../../../lambda/reader/abortable.ts';

const REASON = new Error('gone');
const FAILURE = new Error('failed');
const never = () => new Promise<string>(() => undefined);

test.for<[string, () => Promise<string>, AbortSignal | undefined, object]>([
  ['without a signal settles like its operation', async () => 'value', undefined, { value: 'value' }],
  [
    'with a signal settles like its operation',
    async () => 'value',
    new AbortController().signal,
    { value: 'value' },
  ],
  [
    'fails like its operation',
    () => Promise.reject(FAILURE),
    new AbortController().signal,
    { reason: FAILURE },
  ],
  ['fails at once if the signal has aborted', never, AbortSignal.abort(REASON), { reason: REASON }],
])('a wait %s', async ([, operation, signal, expected]) => {
  const [outcome] = await Promise.allSettled([abortable(operation(), signal)]);
  expect(outcome).toMatchObject(expected);
});

test('a wait ends with the reason of its signal', async () => {
  const caller = new AbortController();
  const waiting = abortable(never(), caller.signal);
  caller.abort(REASON);
  await expect(waiting).rejects.toBe(REASON);
});

test.for<[string, (settle: PromiseWithResolvers<string>) => void]>([
  ['succeeds', ({ resolve }) => resolve('value')],
  ['fails', ({ reject }) => reject(FAILURE)],
])('a signal that outlives its operation keeps nothing of it after the operation %s', async ([, settle]) => {
  const { signal } = new AbortController();
  const operation = Promise.withResolvers<string>();
  const waiting = abortable(operation.promise, signal);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  settle(operation);
  await Promise.allSettled([waiting]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
