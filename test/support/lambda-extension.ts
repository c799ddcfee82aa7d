import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { startLoopbackServer } from '../../local/loopback-server.ts';

/** Stands for the AWS Parameters and Secrets Lambda Extension: its HTTP API, and its cache that knows only its own time. */
export interface LambdaExtension {
  readonly port: string;
  /** Requests for a parameter that it accepted. */
  readonly requests: readonly string[];
  /** Whether it refuses, as it does while the container starts. False at first. */
  starting: boolean;
  stop(): Promise<void>;
}

const TTL_MS = 300_000;

export async function startLambdaExtension(
  ssm: SSMClient,
  now: () => number,
  sessionToken: string,
): Promise<LambdaExtension> {
  const requests: string[] = [];
  const cache = new Map<string, { readonly until: number; readonly body: string }>();
  let starting = false;
  const answer = async (url: URL, header: unknown): Promise<[number, string]> => {
    if (starting) return [400, 'not ready to serve traffic, please wait'];
    if (header !== sessionToken) return [401, 'the token does not match'];
    if (url.pathname !== '/systemsmanager/parameters/get') return [404, ''];
    requests.push(url.search);
    const cached = cache.get(url.search);
    if (cached !== undefined && now() < cached.until) return [200, cached.body];
    const WithDecryption = url.searchParams.get('withDecryption') === 'true';
    const { Parameter } = await ssm.send(
      new GetParameterCommand({ Name: url.searchParams.get('name') ?? '', WithDecryption }),
    );
    const body = JSON.stringify({ Parameter, ResultMetadata: {} });
    cache.set(url.search, { until: now() + TTL_MS, body });
    return [200, body];
  };
  const server = await startLoopbackServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    answer(url, request.headers['x-aws-parameters-secrets-token']).then(
      ([status, body]) => response.writeHead(status).end(body),
      () => response.writeHead(400).end('an unexpected error occurred'),
    );
  });
  return {
    port: new URL(server.url).port,
    requests,
    get starting() {
      return starting;
    },
    set starting(on) {
      starting = on;
    },
    stop: server.stop,
  };
}
