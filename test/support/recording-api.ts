import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type LoopbackServer, startLoopbackServer } from '../../local/loopback-server.ts';

export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** An API on a loopback port that records its requests and returns the answers of the test. */
export interface RecordingApi extends LoopbackServer {
  readonly calls: readonly ApiCall[];
}

export async function startRecordingApi(
  answer: (call: ApiCall, response: ServerResponse) => void,
): Promise<RecordingApi> {
  const calls: ApiCall[] = [];
  const server = await startLoopbackServer(async (request: IncomingMessage, response) => {
    const { method = '', url: path = '', headers } = request;
    const call = { method, path, authorization: headers.authorization, body: await text(request) };
    calls.push(call);
    answer(call, response);
  });
  return Object.assign(server, { calls });
}
