import type { IncomingHttpHeaders } from 'node:http';
import { proxyEnv } from './aws-client.ts';

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
  return new Promise((resolve, reject) => {
    const agent = new Agent({ proxyEnv });
    const length = String(Buffer.byteLength(body));
    const options = { method: 'POST', headers: { ...headers, 'content-length': length }, agent };
    const sending = request(url, options, (response) => {
      const { statusCode: status = 0, headers } = response;
      const chunks: string[] = [];
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => chunks.push(chunk))
        .on('end', () => resolve({ status, headers, text: chunks.join('') }))
        .on('error', reject);
    });
    const failAfter = (milliseconds: number, what: string) =>
      setTimeout(() => {
        reject(Object.assign(new Error(`${what} in ${milliseconds} ms`), { name: 'TimeoutError' }));
        sending.destroy();
      }, milliseconds);
    const timers = [
      failAfter(limits.answer, 'no answer'),
      failAfter(limits.connect, 'no connection'),
    ] as const;
    sending.on('socket', (socket) => {
      const connected = () => clearTimeout(timers[1]);
      if (socket.connecting) socket.once('connect', connected);
      else connected();
    });
    sending.on('error', reject).on('close', () => timers.forEach(clearTimeout));
    sending.end(body);
  });
}
