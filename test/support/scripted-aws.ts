import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startLoopbackServer } from '../../local/loopback-server.ts';

/** A request as an AWS service receives it. */
export interface ReceivedRequest {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers one request. */
export type Reply = (response: ServerResponse) => void;

export interface ScriptedAws {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  stop(): Promise<void>;
}

/** An endpoint that answers with the given replies, one after the other. The last one answers all further requests. */
export async function startScriptedAws(replies: readonly Reply[]): Promise<ScriptedAws> {
  const requests: ReceivedRequest[] = [];
  const server = await startLoopbackServer(async (request, response) => {
    const { method, url: path, headers } = request;
    const reply = replies[Math.min(requests.length, replies.length - 1)];
    requests.push({ method, path, headers, body: await text(request) });
    reply?.(response);
  });
  return { url: server.url, requests, stop: server.stop };
}

export const answer =
  (status: number, body: string | object, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) => {
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** An error of a service with the JSON protocol. */
export const awsError = (
  status: number,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): Reply =>
  answer(
    status,
    { __type: type, message: 'the message of the test' },
    { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type, ...headers },
  );

export const reset: Reply = (response) => void response.socket?.destroy();

/** The answer ends in the middle. */
export const broken: Reply = (response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"Parameter":', () => response.socket?.destroy());
};

/** No answer. */
export const silence: Reply = () => undefined;
