import type { IncomingHttpHeaders } from 'node:http';
import { startLoopbackServer } from '../../local/loopback-server.ts';

export interface ReceivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the endpoint does with one request. */
export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | object;
    }
  | { readonly hang: 'headers' | 'body' }
  | { readonly reset: true }
  | { readonly endless: true };

export interface TokenEndpoint {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Answers in this order; the last one repeats. */
  answer(...answers: readonly (Answer | ((request: ReceivedRequest) => Answer))[]): void;
  close(): Promise<void>;
}

/** A token endpoint that does what a real authorization server does not do on demand. */
export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const requests: ReceivedRequest[] = [];
  let queue: readonly (Answer | ((request: ReceivedRequest) => Answer))[] = [{ status: 500 }];
  const server = await startLoopbackServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const received = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8') };
    requests.push(received);
    const [next = { status: 500 }, ...rest] = queue;
    if (rest.length > 0) queue = rest;
    const answer = typeof next === 'function' ? next(received) : next;
    if ('reset' in answer) return void request.socket.destroy();
    if ('hang' in answer) {
      if (answer.hang === 'body')
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"access_token": "');
      return;
    }
    if ('endless' in answer) {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      };
      response.on('drain', more);
      return more();
    }
    const { status = 200, headers = {}, body = '' } = answer;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return {
    url: `${server.url}/v2/auth/oauth2-token`,
    requests,
    answer: (...answers) => {
      queue = answers;
    },
    close: server.stop,
  };
}

/** A good answer as Spotnana gives it. */
export function grant(accessToken: string, fields: object = {}): Answer {
  return { body: { access_token: accessToken, expires_in: 3600, token_type: 'Bearer', ...fields } };
}

/** An error answer as RFC 6749 section 5.2 has it. */
export function oauthError(status: number, error: string): Answer {
  return { status, body: { error } };
}
