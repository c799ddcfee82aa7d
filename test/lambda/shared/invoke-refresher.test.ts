import { expect, test } from 'vitest';
import {
  forInvocation,
  INVOCATION_TIMEOUT_MS,
  invokeRefresher,
} from '../../../lambda/shared/invoke-refresher.ts';
import { startLoopbackServer } from '../../../local/loopback-server.ts';
import { awsClients } from '../../support/client.ts';

test('a caller that waits sends a client context, so that the run does not wait for the end of a token', async () => {
  const contexts: unknown[] = [];
  const server = await startLoopbackServer((request, response) => {
    contexts.push(request.headers['x-amz-client-context']);
    response.end('{"outcome":"kept","reason":"same-token"}');
  });
  const { lambda } = awsClients(server.url);
  expect(await invokeRefresher(lambda, 'refresher', {})).toMatchObject({ reason: 'same-token' });
  // Lambda accepts only JSON in base64, of at most 3,583 bytes.
  const sent = contexts.map((context) => JSON.parse(Buffer.from(String(context), 'base64').toString()));
  expect(sent).toEqual([{ custom: { caller: 'waits' } }]);
  lambda.destroy();
  await server.stop();
});

test.for<[string, string, object]>([
  [
    'its code',
    '{"errorMessage":"RATE_LIMITED: later"}',
    { code: 'RATE_LIMITED', message: 'RATE_LIMITED: later' },
  ],
  ['a message without a code', '{"errorMessage":"timed out"}', { code: 'UNEXPECTED', message: 'timed out' }],
  ['no message', '{}', { code: 'UNEXPECTED', message: expect.stringContaining('without a message') }],
  [
    'a message that is no text',
    '{"errorMessage":5}',
    { message: expect.stringContaining('without a message') },
  ],
  ['an answer that is no JSON', 'null', { message: expect.stringContaining('without a message') }],
])('a failed run is described by %s', async ([, body, outcome]) => {
  const server = await startLoopbackServer((_request, response) => {
    response.setHeader('x-amz-function-error', 'Unhandled').end(body);
  });
  const { lambda } = awsClients(server.url);
  expect(await invokeRefresher(lambda, 'refresher', {})).toMatchObject({ outcome: 'failed', ...outcome });
  lambda.destroy();
  await server.stop();
});

test('an invocation is sent once and may take as long as a run, with the other settings unchanged', () => {
  const settings = { region: 'eu-west-1', maxAttempts: 3, requestHandler: { connectionTimeout: 1 } };
  expect(forInvocation(settings)).toEqual({
    region: 'eu-west-1',
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 1,
      requestTimeout: INVOCATION_TIMEOUT_MS,
      socketTimeout: INVOCATION_TIMEOUT_MS,
    },
  });
});
