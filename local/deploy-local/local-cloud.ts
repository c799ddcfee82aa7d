import { externalEndpoint } from '../external-endpoint.ts';
import {
  MINISTACK_VERSION,
  type MiniStack,
  ROOT_CREDENTIALS,
  startMiniStack,
  startMiniStackContainer,
} from './ministack.ts';
import { run } from './run-command.ts';
import { findPython } from './python.ts';

/** A cloud on this machine to deploy to. */
export interface LocalCloud extends CloudAccess {
  /** What it is, for people. */
  readonly description: string;
  /** Whether `AWS_ENDPOINT_URL` named it: it was there before and stays. */
  readonly external: boolean;
  close(): Promise<void>;
}

/** What it takes to use a cloud. */
export interface CloudAccess {
  readonly url: string;
  readonly region: string;
  /** The variables with which AWS's tools and SDKs use it, and nothing else of AWS's. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The cloud that `AWS_ENDPOINT_URL` names, else MiniStack with Python, else MiniStack with Docker.
 * @throws Error that names the three ways on, where there is none of them, and where `AWS_ENDPOINT_URL` names AWS itself
 */
export async function startLocalCloud(signal?: AbortSignal): Promise<LocalCloud> {
  const external = await externalEndpoint();
  if (external !== undefined) return externalCloud(external);
  const python = await findPython(signal);
  if (python !== undefined) return ownCloud(await startMiniStack(python, signal), `Python ${python.version}`);
  if (await dockerAnswers(signal)) return ownCloud(await startMiniStackContainer(signal), 'Docker');
  throw new Error(
    [
      'There is nothing here to run a local cloud with. One of these is enough:',
      '  - Python 3.10 or newer with its venv module, as python3 in PATH (Debian and Ubuntu: apt install python3-venv)',
      '  - a Docker engine that answers `docker version`',
      '  - the URL of a local cloud that runs already, in AWS_ENDPOINT_URL',
    ].join('\n'),
  );
}

export function ownCloud({ url, region, close }: MiniStack, how: string): LocalCloud {
  return {
    url,
    region,
    description: `MiniStack ${MINISTACK_VERSION} at ${url}, with ${how}`,
    external: false,
    environment: {
      AWS_ENDPOINT_URL: url,
      // Has the CDK's own client put the bucket's name into the path.
      AWS_ENDPOINT_URL_S3: url,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    },
    close,
  };
}

function externalCloud(url: string): LocalCloud {
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const sessionToken = process.env.AWS_SESSION_TOKEN;
  return {
    url,
    region,
    description: `${url}, from AWS_ENDPOINT_URL`,
    external: true,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_ENDPOINT_URL_S3: process.env.AWS_ENDPOINT_URL_S3 ?? url,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? 'test',
      AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? 'test',
      ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    },
    close: async () => undefined,
  };
}

async function dockerAnswers(signal?: AbortSignal): Promise<boolean> {
  const options = { environment: process.env, ...(signal && { signal }) };
  return run('docker', ['version', '--format', '{{.Server.Version}}'], options).then(
    () => true,
    () => false,
  );
}
