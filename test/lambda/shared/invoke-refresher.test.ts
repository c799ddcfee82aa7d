import { expect, test } from 'vitest';
import { invokeRefresher } from '../../../lambda/shared/invoke-refresher.ts';
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
