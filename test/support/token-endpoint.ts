import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { startLoopbackServer } from '../../local/loopback-server.ts';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Unix time, milliseconds, at which the headers had arrived. */
  readonly at: number;
}

export interface PlainAnswer {
  /** Default 200. */
  readonly status?: number;
  /** `content-type` is `application/json` unless it is given here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as it is. Default: empty. */
  readonly body?: string | object;
}

/** What the endpoint does with one request. */
export type Answer =
  | PlainAnswer
  /** Answers nothing at all, or stops in the middle of the body. */
  | { readonly hang: 'headers' | 'body' }
  /** Resets the connection. */
  | { readonly reset: true }
  /** Goes on sending for as long as the client reads. */
  | { readonly endlessBody: true }
  /** Sends these parts one after the other, as fast as the client reads. */
  | { readonly headers: Readonly<Record<string, string>>; readonly parts: Iterable<string | Buffer> }
  | ((request: ReceivedRequest) => Answer | Promise<Answer>);

export interface TokenEndpoint {
  /** Every path below it is answered alike. */
  readonly url: string;
  readonly tokenUrl: string;
  /** Those received in full, oldest first. */
  readonly requests: readonly ReceivedRequest[];
  /** Empties `requests`. */
  forgetRequests(): void;
  /** Replaces what is queued: answers in this order, of which the last repeats. Until the first call: an empty one. */
  answer(...answers: readonly [Answer, ...Answer[]]): void;
  close(): Promise<void>;
}

/** The beginning of a good answer, so that a client which parses as it reads has no reason to stop. */
const BODY_START = '{"access_token":"';

/** A token endpoint on a loopback port that does what a real authorization server does not do on demand. */
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
      // A client that went away while it was sending, or an answer function that threw: either way there is no answer.
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
    if (answer.hang === 'body') startBody(response).write(BODY_START);
    return;
  }
  if ('endlessBody' in answer) return void pipeline(endless, startBody(response), () => undefined);
  if ('parts' in answer) {
    response.writeHead(200, { 'content-type': 'application/json', ...answer.headers });
    return void pipeline(answer.parts, response, () => undefined);
  }
  const { status = 200, headers = {}, body = '' } = answer;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function startBody(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/json' });
}

function* endless(): Generator<string> {
  yield BODY_START;
  const chunk = 'x'.repeat(16_384);
  while (true) yield chunk;
}

/** A good answer as Spotnana gives it. `fields` add or replace; one that is `undefined` is left out. */
export function grant(accessToken: string, fields: object = {}): PlainAnswer {
  return { body: { access_token: accessToken, expires_in: 3600, token_type: 'Bearer', ...fields } };
}

/** An error answer as RFC 6749 section 5.2 has it. */
export function oauthError(status: number, error: string): PlainAnswer {
  return { status, body: { error } };
}
