import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { startLoopbackServer } from '../../local/loopback-server.ts';

/** Imitates the AWS Parameters and Secrets Lambda Extension: its HTTP API, and its cache, which ignores the token's expiry. */
export interface LambdaExtension {
  readonly port: string;
  stop(): Promise<void>;
}

/** The extension's default. */
const TTL_MS = 300_000;

export async function startLambdaExtension(
  ssm: SSMClient,
  now: () => number,
  sessionToken: string,
): Promise<LambdaExtension> {
  const cache = new Map<string, { readonly until: number; readonly body: string }>();
  const answer = async (url: URL, header: unknown): Promise<[number, string]> => {
    if (header !== sessionToken) return [401, 'the token does not match'];
    if (url.pathname !== '/systemsmanager/parameters/get') return [404, ''];
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
  return { port: new URL(server.url).port, stop: server.stop };
}
