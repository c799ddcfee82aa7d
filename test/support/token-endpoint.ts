import { randomUUID } from 'node:crypto';
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
  | ((request: ReceivedRequest) => Answer | Promise<Answer>);

export interface TokenEndpoint {
  /** Every path below it is answered alike. */
  readonly url: string;
  readonly tokenUrl: string;
  /** Those received in full, oldest first. */
  readonly requests: readonly ReceivedRequest[];
  /** Replaces what is queued: answers in this order, of which the last repeats. Until the first call: `token`. */
  answer(...answers: readonly [Answer, ...Answer[]]): void;
  close(): Promise<void>;
}

/** The beginning of a good answer, so that a client which parses as it reads has no reason to stop. */
const BODY_START = '{"access_token":"';

/** A token endpoint on a loopback port that does what a real authorization server does not do on demand. */
export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const requests: ReceivedRequest[] = [];
  let queue: readonly Answer[] = [() => token()];
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

interface Grant {
  access_token: string;
  expires_in: number;
  token_type: string;
}

/**
 * A good answer as Spotnana gives it. Its access token is unique and starts with `test-access-token-`, so that a test
 * can look for it where it must not be. `fields` add or replace; one that is `undefined` is left out.
 */
export function token<Fields extends object = object>(
  fields?: Fields,
): { readonly body: Omit<Grant, keyof Fields> & Fields } {
  const good: Grant = {
    access_token: `test-access-token-${randomUUID()}`,
    expires_in: 3600,
    token_type: 'Bearer',
  };
  return { body: { ...good, ...fields } as Omit<Grant, keyof Fields> & Fields };
}

/** `token` with this access token. */
export function grant(accessToken: string, fields: object = {}): PlainAnswer {
  return token({ access_token: accessToken, ...fields });
}

/** An error answer as RFC 6749 section 5.2 has it. */
export function oauthError(status: number, error: string): PlainAnswer {
  return { status, body: { error } };
}
