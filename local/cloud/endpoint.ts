import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError } from './aws-error.ts';
import { createKeyring } from './encryption.ts';
import type { Input } from './input.ts';
import { createParameterStore, type Operations } from './parameter-store.ts';
import { createSecretsManager } from './secrets-manager.ts';

export interface AwsCall {
  readonly service: 'ssm' | 'secretsmanager';
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

/**
 * SSM Parameter Store and Secrets Manager on a loopback port (0 for any), over AWS's JSON protocol, with values
 * encrypted in memory. It knows no identities: any credentials will do.
 */
export async function startAwsEndpoint({
  port = 0,
  now = Date.now,
}: {
  port?: number;
  now?: () => number;
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

  const answer = async (request: IncomingMessage): Promise<{ status: number; body: string }> => {
    const [target = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const found = services[target];
    const run = found?.operations[operation];
    if (found === undefined || run === undefined) {
      throw new AwsError(
        'UnknownOperationException',
        `The operation ${operation} is not offered by this local endpoint.`,
      );
    }
    if (request.headers.authorization === undefined) {
      throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
    }
    const call: AwsCall = { service: found.service, operation, input: await readInput(request) };
    calls.push(call);
    for (const fault of faults) {
      const instead = fault(call);
      if (instead === undefined) continue;
      if ('body' in instead) return { status: 200, body: instead.body };
      throw new AwsError(instead.type, instead.message, instead.status);
    }
    return { status: 200, body: JSON.stringify(run(call.input)) };
  };

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => {
        const known =
          error instanceof AwsError ? error : new AwsError('InternalServerError', 'internal error', 500);
        send(
          response,
          known.status,
          JSON.stringify({ __type: known.type, message: known.message }),
          known.type,
        );
      },
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

async function readInput(request: IncomingMessage): Promise<Input> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new AwsError('RequestEntityTooLargeException', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  try {
    const input: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  } catch {
    // Told below: the text may hold a secret and is not repeated.
  }
  throw new AwsError('SerializationException', 'The body is not a JSON object.');
}

function send(response: ServerResponse, status: number, body: string, errorType?: string): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
    ...(errorType === undefined ? {} : { 'x-amzn-errortype': errorType }),
  });
  response.end(body);
}
