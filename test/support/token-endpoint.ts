import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { startLoopbackServer } from '../../local/loopback-server.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Unix time in milliseconds at which the headers arrived. */
  readonly at: number;
}

export interface PlainAnswer {
  /** Default 200. */
  readonly status?: number;
  /** `content-type` defaults to `application/json`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string unchanged. Default: empty. */
  readonly body?: string | object;
}

/** What the endpoint does with one request. */
export type Answer =
  | PlainAnswer
  /** Never answers, or stops in the middle of the body. */
  | { readonly hang: 'headers' | 'body'; readonly status?: number }
  /** Resets the connection. */
  | { readonly reset: true }
  /** Sends for as long as the client reads. */
  | { readonly endlessBody: true; readonly status?: number }
  /** Resets the connection in the middle of the body. */
  | { readonly cutOff: true; readonly status?: number }
  /** Sends the parts one by one, as fast as the client reads. */
  | { readonly headers: Readonly<Record<string, string>>; readonly parts: Iterable<string | Buffer> }
  | ((request: ReceivedRequest) => Answer | Promise<Answer>);

export interface TokenEndpoint {
  /** All paths below it return the same answers. */
  readonly url: string;
  readonly tokenUrl: string;
  /** Completely received requests, oldest first. */
  readonly requests: readonly ReceivedRequest[];
  /** Empties `requests`. */
  forgetRequests(): void;
  /** Replaces the queue of answers. The last one repeats. Before the first call, the endpoint answers with an empty body. */
  answer(...answers: readonly [Answer, ...Answer[]]): void;
  close(): Promise<void>;
}

/** The start of a valid answer. A client that parses as it reads has no reason to stop. */
const BODY_START = '{"access_token":"';

/** A token endpoint on a loopback port. It misbehaves on demand, unlike a real authorization server. */
export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const requests: ReceivedRequest[] = [];
  let queue: readonly Answer[] = [];
  const nextAnswer = (): Answer => {
    const [next = {}, ...rest] = queue;
    if (rest.length > 0) queue = rest;
    return next;
  };
  const server = await startLoopbackServer(async (request, response) => {
    try {
      const received = await receive(request);
      requests.push(received);
      await give(nextAnswer(), received, response);
    } catch {
      // The client disconnected, or an answer function threw.
      request.destroy();
    }
  });
  return {
    url: server.url,
    tokenUrl: `${server.url}/v2/auth/oauth2-token`,
    requests,
    forgetRequests: () => {
      requests.length = 0;
    },
    answer: (...answers) => {
      queue = answers;
    },
    close: server.stop,
  };
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const at = Date.now();
  const { method = '', url: path = '', headers } = request;
  return { method, path, headers, body: await text(request), at };
}

async function give(answer: Answer, request: ReceivedRequest, response: ServerResponse): Promise<void> {
  if (typeof answer === 'function') return give(await answer(request), request, response);
  if ('reset' in answer) return void response.socket?.resetAndDestroy();
  if ('hang' in answer) {
    if (answer.hang === 'body') startBody(response, answer).write(BODY_START);
    return;
  }
  if ('endlessBody' in answer) return void pipeline(endless, startBody(response, answer), () => undefined);
  if ('cutOff' in answer)
    return void startBody(response, answer).write(BODY_START, () => response.socket?.resetAndDestroy());
  if ('parts' in answer) {
    response.writeHead(200, { 'content-type': 'application/json', ...answer.headers });
    return void pipeline(answer.parts, response, () => undefined);
  }
  const { status = 200, headers = {}, body = '' } = answer;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function startBody(response: ServerResponse, { status = 200 }: { readonly status?: number }): ServerResponse {
  return response.writeHead(status, { 'content-type': 'application/json' });
}

function* endless(): Generator<string> {
  yield BODY_START;
  const chunk = 'x'.repeat(16_384);
  while (true) yield chunk;
}

/** A grant in Spotnana's format. `fields` add or replace members; `undefined` removes one. */
export function grant(accessToken: string, fields: object = {}): PlainAnswer {
  return { body: { access_token: accessToken, expires_in: 3600, token_type: 'Bearer', ...fields } };
}

/** An error answer (RFC 6749 section 5.2). */
export function oauthError(status: number, error: string): PlainAnswer {
  return { status, body: { error } };
}
