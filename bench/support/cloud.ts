import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request as forward } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { readConfiguration } from '../../lambda/refresher/configuration.ts';
import { sourceFingerprint } from '../../lambda/refresher/source-fingerprint.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../local/embedded-cloud/endpoint.ts';
import { createCertificateAuthority } from '../../test/support/certificates.ts';

const SECRET = 'bench/credentials';
const PARAMETER = '/bench/access-token';
/** About the length of a JWT. */
export const ACCESS_TOKEN = 'a-token-of-the-usual-length'.repeat(30);

/** The embedded cloud over TLS, as AWS is reached. It holds a token that a check keeps. */
export interface BenchCloud {
  /** The environment of a function that uses the cloud. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same, with an endpoint that answers `LATENCY_MS` later. */
  readonly slowEnvironment: Readonly<Record<string, string>>;
  /** The same, without TLS. */
  readonly plainEnvironment: Readonly<Record<string, string>>;
  readonly parameterName: string;
  close(): Promise<void>;
}

/** About the time of a call to AWS within a region. */
export const LATENCY_MS = 20;

export async function startBenchCloud(directory: string): Promise<BenchCloud> {
  const aws = await startAwsEndpoint();
  const authority = await createCertificateAuthority();
  const certificates = join(directory, 'authority.pem');
  await writeFile(certificates, authority.cert);
  const certificate = await authority.issue('localhost');
  const fronts = await Promise.all([0, LATENCY_MS].map((latency) => startFront(aws, certificate, latency)));
  const [front, slow] = fronts.map(({ url }) => environmentOf(url, certificates)) as [Strings, Strings];
  await storeToken(aws, front);
  return {
    environment: front,
    slowEnvironment: slow,
    plainEnvironment: environmentOf(aws.url, certificates),
    parameterName: PARAMETER,
    async close() {
      await Promise.all(fronts.map(({ close }) => close()));
      await aws.close();
    },
  };
}

type Strings = Readonly<Record<string, string>>;

function environmentOf(url: string, certificates: string): Strings {
  return {
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SESSION_TOKEN: 'bench',
    NODE_EXTRA_CA_CERTS: certificates,
    [ENVIRONMENT.tokenUrl]: 'https://auth.example.com/token',
    [ENVIRONMENT.credentialsSecretId]: SECRET,
    // The reader's variable has the same name.
    [ENVIRONMENT.parameterName]: PARAMETER,
    [ENVIRONMENT.parameterKeyId]: 'alias/bench',
    [ENVIRONMENT.clientAuthentication]: 'client_secret_post',
    [ENVIRONMENT.checkEvery]: '300',
    [ENVIRONMENT.refreshBefore]: '1800',
  };
}

/** Stores a token that lasts longer than the benchmark, from the settings and credentials of the functions. */
async function storeToken({ url: endpoint }: AwsEndpoint, environment: Strings): Promise<void> {
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  const secretsManager = new SecretsManagerClient(client);
  const secret = JSON.stringify({ client_id: 'bench', client_secret: 'bench' });
  await secretsManager.send(new CreateSecretCommand({ Name: SECRET, SecretString: secret }));
  const { VersionIdsToStages } = await secretsManager.send(new DescribeSecretCommand({ SecretId: SECRET }));
  const [version = ''] = Object.keys(VersionIdsToStages ?? {});
  const source = sourceFingerprint(readConfiguration(environment), version);
  const issued_at = Math.floor(Date.now() / 1_000);
  const token = {
    access_token: ACCESS_TOKEN,
    token_type: 'Bearer',
    issued_at,
    expires_at: issued_at + 86_400,
  };
  const Value = JSON.stringify({ ...token, source });
  const ssm = new SSMClient(client);
  await ssm.send(new PutParameterCommand({ Name: PARAMETER, Type: 'SecureString', Value }));
}

/** An HTTPS server that forwards to the embedded cloud after `latency` milliseconds. */
async function startFront(
  aws: AwsEndpoint,
  certificate: { readonly cert: string; readonly key: string },
  latency: number,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(certificate, (request, response) => {
    const { method, url: path = '/', headers } = request;
    const onward = forward(new URL(path, aws.url), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    void setTimeout(latency).then(() => request.pipe(onward));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
