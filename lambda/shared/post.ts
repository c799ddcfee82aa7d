import type { IncomingHttpHeaders } from 'node:http';
import { limitTunnels, proxyEnv } from './proxy.ts';

/** Time limits in milliseconds, both from the start of the request. */
export interface Limits {
  /** Until the connection is made. */
  readonly connect: number;
  /** Until the answer has arrived. */
  readonly answer: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** In UTF-16 code units. Answers to the reader and the refresher have a few kilobytes. A function has 128 MB of memory or more. */
const LONGEST_ANSWER = 1_000_000;

/**
 * Sends one request on a connection of its own. A reader sends one in half an hour, and a connection that stays open while
 * Lambda freezes the container is dead afterwards.
 */
export function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  limits: Limits,
): Promise<Answer> {
  // Loaded for the first request. An import of either module would also load `fetch`, which doubles the time of a cold start.
  const { Agent, request } = process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');
  // Stryker disable next-line ArrayDeclaration: to clear what is no timer does nothing
  const timers: NodeJS.Timeout[] = [];
  const answering = new Promise<Answer>((resolve, reject) => {
    const fail = (name: string, message: string) => {
      reject(Object.assign(new Error(message), { name }));
      sending.destroy();
    };
    const failAfter = (milliseconds: number, what: string) =>
      setTimeout(() => fail('TimeoutError', `${what} in ${milliseconds} ms`), milliseconds);
    const untilConnected = failAfter(limits.connect, 'no connection');
    timers.push(failAfter(limits.answer, 'no answer'), untilConnected);
    const agent = limitTunnels(new Agent({ proxyEnv }), limits.connect);
    const length = String(Buffer.byteLength(body));
    const options = { method: 'POST', headers: { ...headers, 'content-length': length }, agent };
    const sending = request(url, options, (response) => {
      const { statusCode: status = 0, headers } = response;
      const chunks: string[] = [];
      let size = 0;
      // Stryker disable next-line StringLiteral: UTF-8 is the default
      response.setEncoding('utf8');
      response
        .on('data', (chunk: string) => {
          chunks.push(chunk);
          size += chunk.length;
          if (size > LONGEST_ANSWER) fail('AnswerTooLarge', `more than ${LONGEST_ANSWER} characters`);
        })
        .on('end', () => resolve({ status, headers, text: chunks.join('') }))
        .on('error', reject);
    });
    sending.on('socket', (socket) => {
      const connected = () => clearTimeout(untilConnected);
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    sending.on('error', reject);
    sending.end(body);
  });
  // Not when the request closes: it may do so without an answer or an error, for example after HTTP 101.
  return answering.finally(() => timers.forEach(clearTimeout));
}
