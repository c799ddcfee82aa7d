import type { IncomingMessage } from 'node:http';
import { startLoopbackServer } from '../loopback-server.ts';
import { AwsError } from './aws-error.ts';
import { createKeyring } from './encryption.ts';
import {
  type Answer,
  describeError,
  JSON_PROTOCOL,
  parseInput,
  REST_PROTOCOL,
  readSignedBody,
  send,
} from './http-protocol.ts';
import type { Input, Operations } from './input.ts';
import { type FunctionHandler, invoke, invokedFunction, parseEvent } from './invoke.ts';
import { createParameterStore } from './parameter-store.ts';
import { createSecretsManager } from './secrets-manager.ts';

export interface AwsCall {
  readonly service: 'ssm' | 'secretsmanager' | 'lambda';
  readonly operation: string;
  readonly input: Input;
}

/** An error or a body that a test returns in place of the endpoint's answer. */
export type Fault =
  | { readonly status: number; readonly type: string; readonly message: string }
  | { readonly body: string };

export interface AwsEndpoint {
  readonly url: string;
  /** All calls received so far. */
  readonly calls: readonly AwsCall[];
  /** Answers the calls for which `fault` returns something, until the returned function is called. */
  intercept(fault: (call: AwsCall) => Fault | undefined): () => void;
  close(): Promise<void>;
}

interface EndpointOptions {
  /** Unix time, milliseconds. Default: the system clock. */
  readonly now?: () => number;
  /** The functions that Lambda's Invoke can run, by name. Default: none. */
  readonly functions?: Readonly<Record<string, FunctionHandler>>;
}

interface Endpoint {
  /** By the prefix of the `x-amz-target` header. */
  readonly services: Readonly<Record<string, { service: AwsCall['service']; operations: Operations }>>;
  readonly functions: Readonly<Record<string, FunctionHandler>>;
  readonly calls: AwsCall[];
  readonly faults: Set<(call: AwsCall) => Fault | undefined>;
}

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';

/**
 * SSM Parameter Store, Secrets Manager and Lambda's Invoke on a free loopback port, over AWS's own protocols. Values are
 * encrypted in memory. There is no IAM: any credentials are accepted.
 */
export async function startAwsEndpoint({
  now = Date.now,
  functions = {},
}: EndpointOptions = {}): Promise<AwsEndpoint> {
  const keyring = createKeyring();
  const endpoint: Endpoint = {
    services: {
      AmazonSSM: {
        service: 'ssm',
        operations: createParameterStore(keyring, `arn:aws:ssm:${REGION}:${ACCOUNT}`, now),
      },
      secretsmanager: {
        service: 'secretsmanager',
        operations: createSecretsManager(keyring, `arn:aws:secretsmanager:${REGION}:${ACCOUNT}`),
      },
    },
    functions,
    calls: [],
    faults: new Set(),
  };
  const server = await startLoopbackServer((request, response) => {
    const functionName = invokedFunction(request.method, request.url);
    const answering =
      functionName === undefined
        ? runOperation(endpoint, request)
        : runInvocation(endpoint, request, functionName);
    answering.then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, describeError(error, functionName === undefined ? 'json' : 'rest')),
    );
  });
  return {
    url: server.url,
    calls: endpoint.calls,
    intercept(fault) {
      endpoint.faults.add(fault);
      return () => void endpoint.faults.delete(fault);
    },
    close: server.stop,
  };
}

async function runOperation(endpoint: Endpoint, request: IncomingMessage): Promise<Answer> {
  const [target = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  const found = endpoint.services[target];
  const run = found?.operations[operation];
  if (found === undefined || run === undefined) {
    throw new AwsError(
      'UnknownOperationException',
      `This local endpoint does not offer the operation ${operation}.`,
    );
  }
  const input = parseInput(await readSignedBody(request));
  const intercepted = recordCall(endpoint, { service: found.service, operation, input });
  return intercepted ?? { status: 200, headers: JSON_PROTOCOL, body: JSON.stringify(run(input)) };
}

async function runInvocation(
  endpoint: Endpoint,
  request: IncomingMessage,
  functionName: string,
): Promise<Answer> {
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type !== 'RequestResponse')
    throw new AwsError('InvalidParameterValueException', 'Only RequestResponse is offered here.');
  const event = parseEvent(await readSignedBody(request));
  const input = { FunctionName: functionName, Payload: event };
  const intercepted = recordCall(endpoint, { service: 'lambda', operation: 'Invoke', input });
  if (intercepted !== undefined) return intercepted;
  const handler = endpoint.functions[functionName];
  if (handler === undefined)
    throw new AwsError('ResourceNotFoundException', `Function not found: ${functionName}`, 404);
  const { payload, failed } = await invoke(handler, event);
  const headers = { ...REST_PROTOCOL, 'x-amz-executed-version': '$LATEST' };
  return {
    status: 200,
    headers: failed ? { ...headers, 'x-amz-function-error': 'Unhandled' } : headers,
    body: payload,
  };
}

/** Records the call. Returns or throws what a test answers instead, if it intercepts the call. */
function recordCall({ calls, faults }: Endpoint, call: AwsCall): Answer | undefined {
  calls.push(call);
  for (const fault of faults) {
    const instead = fault(call);
    if (instead === undefined) continue;
    if ('body' in instead) return { status: 200, headers: JSON_PROTOCOL, body: instead.body };
    throw new AwsError(instead.type, instead.message, instead.status);
  }
  return undefined;
}
