import { text } from 'node:stream/consumers';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type LoopbackServer, startLoopbackServer } from '../../../local/loopback-server.ts';
import type { ServerRequest, ServerResponse } from './handler.ts';

/** Serves a function on a loopback port with the events of a function URL, which MiniStack does not serve. */
export function startLocalFunctionUrl(lambda: LambdaClient, FunctionName: string): Promise<LoopbackServer> {
  return startLoopbackServer(async (request, response) => {
    const { authorization } = request.headers;
    const event: ServerRequest = {
      rawPath: request.url ?? '/',
      headers: authorization === undefined ? {} : { authorization },
      requestContext: { http: { method: request.method ?? 'GET' } },
      body: await text(request),
      isBase64Encoded: false,
    };
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    if (FunctionError !== undefined) return void response.writeHead(502).end();
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8')) as ServerResponse;
    response.writeHead(answer.statusCode, answer.headers).end(answer.body);
  });
}
