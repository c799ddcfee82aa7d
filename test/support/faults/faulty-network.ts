import { type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { startLoopbackServer } from '../../../local/loopback-server.ts';
import { FAULT_HEADER, type Way } from './fault.ts';

/** A server in front of AWS and the token endpoint. It does what the header of a request says. */
export interface FaultyNetwork {
  readonly url: string;
  /** Nothing listens there. */
  readonly refusedUrl: string;
  close(): Promise<void>;
}

interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface ErrorAnswer {
  readonly status: number;
  /** Name of the AWS error, or OAuth error code. */
  readonly type: string;
}

/** By way. What is not found depends on the operation. */
const AWS_ERRORS: Partial<Record<Way, ErrorAnswer>> = {
  throttled: { status: 400, type: 'ThrottlingException' },
  'server error': { status: 500, type: 'InternalServerError' },
  denied: { status: 400, type: 'AccessDeniedException' },
};
const NOT_FOUND: Readonly<Record<string, string>> = {
  GetParameter: 'ParameterNotFound',
  // The key of the parameter.
  PutParameter: 'InvalidKeyId',
  DescribeSecret: 'ResourceNotFoundException',
  GetSecretValue: 'ResourceNotFoundException',
};
const OAUTH_ERRORS: Partial<Record<Way, ErrorAnswer>> = {
  throttled: { status: 429, type: 'slow_down' },
  'server error': { status: 503, type: 'temporarily_unavailable' },
  denied: { status: 401, type: 'invalid_client' },
  'not found': { status: 404, type: 'not_found' },
};

/** Starts the server in front of the servers at these URLs. */
export async function startFaultyNetwork(awsUrl: string, endpointUrl: string): Promise<FaultyNetwork> {
  const unused = await startLoopbackServer(() => undefined);
  await unused.stop();
  const server = await startLoopbackServer(async (request, response) => {
    // The clients have a clock of their own. The SDK would correct it, and repeat every failed call.
    response.sendDate = false;
    const way = request.headers[FAULT_HEADER] as Way | undefined;
    if (way === 'reset before arrival') return void request.socket.resetAndDestroy();
    const body = await buffer(request);
    const error = errorFor(way, request, body);
    if (error !== undefined) return send(response, error);
    if (way === 'no answer') return;
    const isAws = request.headers['x-amz-target'] !== undefined;
    give(way, await forward(request, body, isAws ? awsUrl : endpointUrl), response);
  });
  return { url: server.url, refusedUrl: unused.url, close: server.stop };
}

function errorFor(way: Way | undefined, { headers }: IncomingMessage, sent: Buffer): Received | undefined {
  if (way === undefined) return undefined;
  const target = headers['x-amz-target'];
  if (target === undefined) {
    const error = OAUTH_ERRORS[way];
    return (
      error && { status: error.status, headers: {}, body: Buffer.from(JSON.stringify({ error: error.type })) }
    );
  }
  const [, operation = ''] = String(target).split('.');
  const { status, type = '' } =
    way === 'not found' ? { status: 400, type: notFound(operation, sent) } : (AWS_ERRORS[way] ?? {});
  if (status === undefined) return undefined;
  const body = JSON.stringify({ __type: type, message: 'an error of the test' });
  return { status, headers: { 'x-amzn-errortype': type }, body: Buffer.from(body) };
}

function notFound(operation: string, sent: Buffer): string | undefined {
  const isVersion = operation === 'GetParameter' && /:\d+$/.test(JSON.parse(String(sent)).Name);
  return isVersion ? 'ParameterVersionNotFound' : NOT_FOUND[operation];
}

/** Gives the answer, or what the fault leaves of it. */
function give(way: Way | undefined, answer: Received, response: ServerResponse): void {
  const { status, headers, body } = answer;
  switch (way) {
    case 'reset after arrival':
      response.socket?.resetAndDestroy();
      break;
    case 'not JSON':
      send(response, { ...answer, body: Buffer.from('<html></html>') });
      break;
    case 'empty answer':
      send(response, { ...answer, body: Buffer.from('{}') });
      break;
    case 'answer cut off':
    case 'answer stops':
      response.writeHead(status, { ...headers, 'content-length': body.length });
      response.write(body.subarray(0, body.length / 2), () => way === 'answer cut off' && response.destroy());
      break;
    default:
      send(response, answer);
  }
}

function send(response: ServerResponse, { status, headers, body }: Received): void {
  response.writeHead(status, { ...headers, 'content-length': body.length });
  response.end(body);
}

function forward(
  { method, url: path = '/', headers }: IncomingMessage,
  body: Buffer,
  to: string,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const onward = sendRequest(new URL(path, to), { method, headers }, (answer) => {
      const { statusCode: status = 502 } = answer;
      const { date: _, 'transfer-encoding': __, ...rest } = answer.headers;
      buffer(answer).then((received) => resolve({ status, headers: rest, body: received }), reject);
    });
    onward.on('error', reject);
    onward.end(body);
  });
}
