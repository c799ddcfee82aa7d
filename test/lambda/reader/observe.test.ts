import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TokenReaderEvent, TokenReaderOptions } from '../../../lambda/reader/token-reader.ts';
import type { FunctionHandler } from '../../../local/embedded-cloud/invoke.ts';
import { awsClients } from '../../support/client.ts';
import { createStoredParameter, DOWN, type StoredParameter } from '../../support/stored-parameter.ts';

let parameter: StoredParameter;
let refresh: FunctionHandler;
let events: TokenReaderEvent[];

beforeEach(async () => {
  events = [];
  refresh = async () => ({ outcome: 'kept', reason: 'just-minted' });
  parameter = await createStoredParameter({ functions: { refresher: (event) => refresh(event) } });
  await parameter.put('first');
});
afterEach(() => parameter.close());

const observedReader = (options: TokenReaderOptions = {}) => {
  const { lambda } = awsClients(parameter.cloud.url);
  const onEvent = (event: TokenReaderEvent) => void events.push(event);
  return parameter.reader({ refresherFunctionName: 'refresher', lambda, onEvent, ...options });
};
const milliseconds = expect.any(Number);

test('onEvent reports each read of the parameter, but no read from memory', async () => {
  const reader = observedReader();
  await reader.get();
  await reader.get();
  await parameter.time.advance(45 * 60_000);
  await reader.get();
  await parameter.time.settle();
  await parameter.put('second');
  await parameter.time.advance(60_000);
  await reader.get();
  await parameter.time.settle();
  expect(events).toEqual([
    { type: 'loaded', isNew: true, milliseconds, validFor: 3_600 },
    { type: 'loaded', isNew: false, milliseconds, validFor: 900 },
    { type: 'loaded', isNew: true, milliseconds, validFor: 3_540 + 60 - 60 },
  ]);
});

test('onEvent says whether a token in memory outlasts a failure', async () => {
  const reader = observedReader();
  await reader.get();
  parameter.fail(DOWN);
  await parameter.time.advance(59 * 60_000);
  await reader.get();
  await parameter.time.settle();
  expect(events.at(-1)).toEqual({
    type: 'load-failed',
    code: 'STORE_UNAVAILABLE',
    milliseconds,
    validFor: 60,
  });
  await parameter.time.advance(120_000);
  await parameter.time.until(reader.get().catch(() => undefined));
  expect(events.at(-1)).toMatchObject({ type: 'load-failed', validFor: 0 });
});

test.for<[string, TokenReaderOptions, number, number]>([
  ['the token expires', {}, 3_599, 1],
  ['the token has expired', {}, 3_620, 0],
  ['the token is valid for as long as the reader requires', { minimumValidity: 600 }, 2_999, 1],
  ['the token is valid, but not for long enough', { minimumValidity: 600 }, 3_300, 0],
])(
  'onEvent says for how long get returns the token during an outage: %s',
  async ([, options, at, validFor]) => {
    const reader = observedReader(options);
    await reader.get();
    parameter.fail(DOWN);
    await parameter.time.advance(at * 1_000);
    await parameter.time.settle();
    const reading = reader.get().then(
      () => 'served',
      () => 'failed',
    );
    // The first attempt.
    await vi.waitUntil(() => events.length > 1);
    expect(events[1]).toMatchObject({ type: 'load-failed', validFor });
    expect(await parameter.time.until(reading)).toBe(validFor > 0 ? 'served' : 'failed');
  },
);

test('onEvent says for how long get returns the token in memory, not an older one that was read since', async () => {
  const reader = observedReader();
  await reader.get();
  await parameter.put('older', { issued_at: 1_799_999_000 });
  await parameter.time.advance(3_000_000);
  await reader.get();
  await parameter.time.settle();
  parameter.fail(DOWN);
  await parameter.time.advance(300_000);
  await reader.get();
  await parameter.time.settle();
  expect(events.slice(1)).toEqual([
    { type: 'loaded', isNew: true, milliseconds, validFor: 0 },
    { type: 'load-failed', code: 'STORE_UNAVAILABLE', milliseconds, validFor: 300 },
  ]);
});

test('onEvent reports a failure before the first token', async () => {
  parameter.fail({ status: 400, type: 'AccessDeniedException', message: 'no' });
  await observedReader()
    .get()
    .catch(() => undefined);
  expect(events).toEqual([{ type: 'load-failed', code: 'ACCESS_DENIED', milliseconds, validFor: 0 }]);
});

test.for<[string, FunctionHandler, string]>([
  ['answered', async () => ({ outcome: 'kept', reason: 'just-minted' }), 'reported'],
  ['failed', () => Promise.reject(new Error('RATE_LIMITED: later')), 'report-failed'],
])('onEvent reports a rejection and that the report %s', async ([, handler, type]) => {
  refresh = handler;
  const reader = observedReader({ fetch: async () => new Response(null, { status: 401 }) });
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  await parameter.time.until(reader.fetch('http://api'));
  const kinds = events.map((event) => event.type);
  expect(kinds.slice(0, 4)).toEqual(['loaded', 'rejected', 'loaded', type]);
  await parameter.time.until(reader.reject('first').catch(() => undefined));
  expect(events.filter((event) => event.type === 'rejected')).toHaveLength(2);
});

test('the times of loads and reports are those that they took', async () => {
  const { ssm, lambda } = awsClients(parameter.cloud.url);
  for (const client of [ssm, lambda] as (typeof ssm)[])
    client.middlewareStack.add(
      (next) => async (args) => {
        await parameter.time.sleep(250);
        return next(args);
      },
      { step: 'initialize' },
    );
  const reader = observedReader({ ssm, lambda });
  await parameter.time.until(reader.get());
  await parameter.time.until(reader.reject('first'));
  const times = events.flatMap((event) => ('milliseconds' in event ? [event.milliseconds] : []));
  expect(times).toEqual([250, 250, 250]);
  parameter.fail(DOWN);
  await parameter.time.until(
    observedReader({ ssm, lambda })
      .get()
      .catch(() => undefined),
  );
  expect(events.find((event) => event.type === 'load-failed')).toMatchObject({ milliseconds: 250 });
});

test('no event holds a token', async () => {
  const reader = observedReader({ fetch: async () => new Response(null, { status: 401 }) });
  await parameter.time.until(reader.fetch('http://api'));
  expect(JSON.stringify(events)).not.toContain('first');
});

const throwIt = (thrown: unknown): never => {
  throw thrown;
};

test.for<[string, TokenReaderOptions['onEvent'], string]>([
  ['throws an error', () => throwIt(new RangeError('first')), 'RangeError'],
  ['throws a value', () => throwIt('first'), 'a value'],
  ['is async and rejects', async () => throwIt(new RangeError('first')), 'RangeError'],
])('if onEvent %s, the read succeeds and Node.js prints a warning', async ([, onEvent, name]) => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  expect(await observedReader({ ...(onEvent && { onEvent }) }).get()).toBe('first');
  expect(warn.mock.calls).toEqual([[`onEvent of a token reader threw ${name}`]]);
});
