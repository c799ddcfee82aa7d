import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { Input } from './input.ts';

const MAX_BODY_BYTES = 1024 * 1024;
export const JSON_PROTOCOL = { 'content-type': 'application/x-amz-json-1.1' };
export const REST_PROTOCOL = { 'content-type': 'application/json' };

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Reads the body of a request. Any credentials are accepted, but the request must be signed. */
export async function readSignedBody(request: IncomingMessage): Promise<string> {
  if (request.headers.authorization === undefined)
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new AwsError('RequestEntityTooLargeException', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function parseInput(body: string): Input {
  try {
    const input: unknown = JSON.parse(body || '{}');
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  } catch {
    // The parser's own message is dropped: it quotes the body, which may hold a secret.
  }
  throw new AwsError('SerializationException', 'The body is not a JSON object.');
}

export function describeError(error: unknown, protocol: 'json' | 'rest'): Answer {
  const { status, type, message } =
    error instanceof AwsError ? error : new AwsError('InternalServerError', 'internal error', 500);
  return {
    status,
    headers: { ...(protocol === 'json' ? JSON_PROTOCOL : REST_PROTOCOL), 'x-amzn-errortype': type },
    body: JSON.stringify(
      protocol === 'json' ? { __type: type, message } : { Type: 'User', Message: message },
    ),
  };
}

export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'x-amzn-requestid': randomUUID(), ...headers });
  response.end(body);
}
