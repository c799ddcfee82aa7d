import { externalEndpoint } from '../external-endpoint.ts';
import {
  MINISTACK_VERSION,
  type MiniStack,
  ROOT_CREDENTIALS,
  startMiniStack,
  startMiniStackContainer,
} from './ministack.ts';
import { findPython } from './python.ts';
import { run } from './run-command.ts';

/** A cloud on this machine to deploy to. */
export interface LocalCloud extends CloudAccess {
  /** For the user. */
  readonly description: string;
  /** Whether `AWS_ENDPOINT_URL` names it. It then keeps running. */
  readonly external: boolean;
  close(): Promise<void>;
}

export interface CloudAccess {
  readonly url: string;
  readonly region: string;
  /** The variables that the AWS CLI and the SDKs need to use it. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The cloud that `AWS_ENDPOINT_URL` names, or MiniStack with Python, or MiniStack with Docker.
 * @throws Error that lists the three options if none is available, or if `AWS_ENDPOINT_URL` names AWS itself
 */
export async function startLocalCloud(signal?: AbortSignal): Promise<LocalCloud> {
  const external = await externalEndpoint();
  if (external !== undefined) return externalCloud(external);
  const python = await findPython(signal);
  if (python !== undefined) return ownCloud(await startMiniStack(python, signal), `Python ${python.version}`);
  if (await dockerAnswers(signal)) return ownCloud(await startMiniStackContainer(signal), 'Docker');
  throw new Error(
    [
      'Nothing on this machine can run a local cloud. Provide one of these:',
      '  - Python 3.10 or newer with its venv module, as python3 in PATH (Debian and Ubuntu: apt install python3-venv)',
      '  - a Docker engine that answers `docker version`',
      '  - the URL of a running local cloud in AWS_ENDPOINT_URL',
    ].join('\n'),
  );
}

export function ownCloud({ url, region, close }: MiniStack, how: string): LocalCloud {
  const description = `MiniStack ${MINISTACK_VERSION} at ${url}, with ${how}`;
  const environment = variables(url, region, ROOT_CREDENTIALS);
  return { url, region, description, external: false, environment, close };
}

function externalCloud(url: string): LocalCloud {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3, AWS_SESSION_TOKEN } = process.env;
  const { AWS_ACCESS_KEY_ID: accessKeyId = 'test', AWS_SECRET_ACCESS_KEY: secretAccessKey = 'test' } =
    process.env;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1';
  return {
    url,
    region,
    description: `${url}, from AWS_ENDPOINT_URL`,
    external: true,
    environment: {
      ...variables(url, region, { accessKeyId, secretAccessKey }),
      ...(AWS_ENDPOINT_URL_S3 && { AWS_ENDPOINT_URL_S3 }),
      ...(AWS_SESSION_TOKEN && { AWS_SESSION_TOKEN }),
    },
    close: async () => undefined,
  };
}

function variables(url: string, region: string, credentials: typeof ROOT_CREDENTIALS) {
  return {
    AWS_ENDPOINT_URL: url,
    // Makes the CDK's S3 client use path-style URLs.
    AWS_ENDPOINT_URL_S3: url,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

async function dockerAnswers(signal?: AbortSignal): Promise<boolean> {
  const options = { environment: process.env, ...(signal && { signal }) };
  return run('docker', ['version', '--format', '{{.Server.Version}}'], options).then(
    () => true,
    () => false,
  );
}
