import { type IncomingMessage, type ServerResponse, request as sendRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { inject } from 'vitest';
import {
  type AwsCall,
  type AwsEndpoint,
  type Fault,
  startAwsEndpoint,
} from '../../local/embedded-cloud/endpoint.ts';
import type { FunctionHandler } from '../../local/embedded-cloud/invoke.ts';
import { startLoopbackServer } from '../../local/loopback-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The cloud under test. Undefined means the embedded endpoint. Set only in the end-to-end tests. */
    aws: 'MiniStack' | 'moto' | undefined;
  }
}

const SERVICES: Readonly<Record<string, AwsCall['service']>> = {
  AmazonSSM: 'ssm',
  secretsmanager: 'secretsmanager',
};

/**
 * Starts the embedded endpoint. In the end-to-end tests, starts a proxy for MiniStack or moto that can watch and intercept
 * calls in the same way.
 */
export async function startAws(
  options: { functions?: Readonly<Record<string, FunctionHandler>> } = {},
): Promise<AwsEndpoint> {
  const embedded = await startAwsEndpoint(options);
  const cloud = inject('aws');
  if (cloud === undefined) return embedded;
  return startInFrontOf(cloud === 'moto' ? inject('moto') : inject('ministack').url, embedded);
}

/** Functions always run at the embedded endpoint, inside the test process. */
async function startInFrontOf(cloudUrl: string, embedded: AwsEndpoint): Promise<AwsEndpoint> {
  const calls: AwsCall[] = [];
  const faults = new Set<(call: AwsCall) => Fault | undefined>();
  const server = await startLoopbackServer(async (request, response) => {
    const body = await buffer(request);
    const [target = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    const service = SERVICES[target];
    if (service === undefined) return forward(embedded.url, request, body, response);
    const call: AwsCall = { service, operation, input: JSON.parse(body.toString('utf8')) };
    calls.push(call);
    for (const fault of faults) {
      const instead = fault(call);
      if (instead !== undefined) return answer(instead, response);
    }
    forward(cloudUrl, request, body, response);
  });
  return {
    url: server.url,
    get calls() {
      return [...calls, ...embedded.calls];
    },
    intercept(fault) {
      faults.add(fault);
      const restore = embedded.intercept(fault);
      return () => {
        faults.delete(fault);
        restore();
      };
    },
    close: async () => {
      await Promise.all([server.stop(), embedded.close()]);
    },
  };
}

/** Forwards a request unchanged, including `Host`, because the signature covers it. */
function forward(
  url: string,
  { method, url: path = '/', headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const onward = sendRequest(new URL(path, url), { method, headers }, (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(response);
  });
  onward.on('error', () => response.destroy());
  onward.end(body);
}

function answer(fault: Fault, response: ServerResponse): void {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  if ('body' in fault) return void response.writeHead(200, headers).end(fault.body);
  const { status, type, message } = fault;
  response.writeHead(status, { ...headers, 'x-amzn-errortype': type });
  response.end(JSON.stringify({ __type: type, message }));
}
