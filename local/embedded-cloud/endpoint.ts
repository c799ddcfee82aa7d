import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from './aws-error.ts';
import { createKeyring } from './encryption.ts';
import type { Input } from './input.ts';
import { type FunctionHandler, invoke, invokedFunction, parseInvocation } from './invoke.ts';
import { createParameterStore, type Operations } from './parameter-store.ts';
import { createSecretsManager } from './secrets-manager.ts';

export interface AwsCall {
  readonly service: 'ssm' | 'secretsmanager' | 'lambda';
  readonly operation: string;
  readonly input: Input;
}

/** What a test answers in place of the endpoint, or nothing to let the call through. */
export type Fault =
  | { readonly status: number; readonly type: string; readonly message: string }
  | { readonly body: string };

export interface AwsEndpoint {
  readonly url: string;
  /** Every call received, by operation. */
  readonly calls: readonly AwsCall[];
  /** Answers calls in place of the endpoint until the returned function is called. */
  intercept(fault: (call: AwsCall) => Fault | undefined): () => void;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;
const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const JSON_PROTOCOL = { 'content-type': 'application/x-amz-json-1.1' };

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * SSM Parameter Store and Secrets Manager on a loopback port (0 for any), over AWS's JSON protocol, with values
 * encrypted in memory, and Lambda's Invoke for the given functions. It knows no identities: any credentials will do.
 */
export async function startAwsEndpoint({
  port = 0,
  now = Date.now,
  functions = {},
}: {
  port?: number;
  now?: () => number;
  /** What Lambda runs, by the function's name. Default: nothing. */
  functions?: Readonly<Record<string, FunctionHandler>>;
} = {}): Promise<AwsEndpoint> {
  const keyring = createKeyring();
  const services: Readonly<Record<string, { service: AwsCall['service']; operations: Operations }>> = {
    AmazonSSM: {
      service: 'ssm',
      operations: createParameterStore(keyring, `arn:aws:ssm:${REGION}:${ACCOUNT}`, now),
    },
    secretsmanager: {
      service: 'secretsmanager',
      operations: createSecretsManager(keyring, `arn:aws:secretsmanager:${REGION}:${ACCOUNT}`, now),
    },
  };
  const calls: AwsCall[] = [];
  const faults = new Set<(call: AwsCall) => Fault | undefined>();

  /** Notes the call, and throws or answers what a test has put in its place. */
  const intercepted = (call: AwsCall): Answer | undefined => {
    calls.push(call);
    for (const fault of faults) {
      const instead = fault(call);
      if (instead === undefined) continue;
      if ('body' in instead) return { status: 200, headers: JSON_PROTOCOL, body: instead.body };
      throw new AwsError(instead.type, instead.message, instead.status);
    }
    return undefined;
  };

  const answerOperation = async (request: IncomingMessage): Promise<Answer> => {
    const [target = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const found = services[target];
    const run = found?.operations[operation];
    if (found === undefined || run === undefined) {
      throw new AwsError(
        'UnknownOperationException',
        `The operation ${operation} is not offered by this local endpoint.`,
      );
    }
    assertSigned(request);
    const input = parseInput(await readBody(request));
    const instead = intercepted({ service: found.service, operation, input });
    return instead ?? { status: 200, headers: JSON_PROTOCOL, body: JSON.stringify(run(input)) };
  };

  const answerInvocation = async (request: IncomingMessage, functionName: string): Promise<Answer> => {
    assertSigned(request);
    const type = request.headers['x-amz-invocation-type'];
    const invocation = parseInvocation(functionName, String(type ?? ''), await readBody(request));
    const input = { FunctionName: functionName, Payload: invocation.event };
    const instead = intercepted({ service: 'lambda', operation: 'Invoke', input });
    if (instead !== undefined) return instead;
    const { payload, failed } = await invoke(functions, `arn:aws:lambda:${REGION}:${ACCOUNT}`, invocation);
    const headers = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' };
    return {
      status: 200,
      headers: failed ? { ...headers, 'x-amz-function-error': 'Unhandled' } : headers,
      body: payload,
    };
  };

  const server = createServer((request, response) => {
    const functionName = invokedFunction(request.method, request.url);
    const answering =
      functionName === undefined ? answerOperation(request) : answerInvocation(request, functionName);
    const describe = functionName === undefined ? describeError : describeLambdaError;
    answering.then(
      (answer) => send(response, answer),
      (error: unknown) =>
        send(
          response,
          describe(
            error instanceof AwsError ? error : new AwsError('InternalServerError', 'internal error', 500),
          ),
        ),
    );
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    intercept(fault) {
      faults.add(fault);
      return () => void faults.delete(fault);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function assertSigned(request: IncomingMessage): void {
  if (request.headers.authorization === undefined)
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
}

async function readBody(request: IncomingMessage): Promise<string> {
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

function parseInput(body: string): Input {
  try {
    const input: unknown = JSON.parse(body || '{}');
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  } catch {
    // Told below: the text may hold a secret and is not repeated.
  }
  throw new AwsError('SerializationException', 'The body is not a JSON object.');
}

function describeError({ status, type, message }: AwsError): Answer {
  const headers = { ...JSON_PROTOCOL, 'x-amzn-errortype': type };
  return { status, headers, body: JSON.stringify({ __type: type, message }) };
}

/** Lambda's REST protocol names the error in the header alone. */
function describeLambdaError({ status, type, message }: AwsError): Answer {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': type };
  return { status, headers, body: JSON.stringify({ Type: 'User', Message: message }) };
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'x-amzn-requestid': randomUUID(), ...headers });
  response.end(body);
}
