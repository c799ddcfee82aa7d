import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages, type Python, UNTIL_PARENT_ENDS } from './python.ts';
import { type RunningProcess, run, startProcess } from './run-command.ts';
import { type WaitOptions, waitFor } from './wait-for.ts';

export const MINISTACK_VERSION = '1.5.33';

/** Source: https://github.com/ministackorg/ministack (Quick Start). Each release is tagged with its version. */
const IMAGE = `ministackorg/ministack:${MINISTACK_VERSION}`;

/** With these credentials everything is allowed. All others are limited by their IAM policies. */
export const ROOT_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

const REGION = 'us-east-1';
const READY_WITHIN_MS = 60_000;
/** Includes the download of the image. */
const CONTAINER_READY_WITHIN_MS = 600_000;

const node24 = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

export interface MiniStack {
  readonly url: string;
  readonly region: string;
  close(): Promise<void>;
}

/** Runs MiniStack in a virtual environment under `.local`, on a free loopback port. It keeps no data on disk. */
export async function startMiniStack(python: Python, signal?: AbortSignal): Promise<MiniStack> {
  const packages = [`ministack==${MINISTACK_VERSION}`];
  const interpreter = await installPackages(python, `ministack-${MINISTACK_VERSION}`, packages, signal);
  const directory = await mkdtemp(join(tmpdir(), 'token-refresher-cloud-'));
  const port = await freePort();
  const service = await startProcess(interpreter, [UNTIL_PARENT_ENDS, 'patient_ministack'], {
    directory,
    // Functions inherit this environment, so it holds nothing else.
    environment: {
      ...settings(port),
      // MiniStack runs functions with the first `node` in PATH.
      PATH: [node24, process.env.PATH].join(delimiter),
      HOME: directory,
      TMPDIR: directory,
      // Without an engine, MiniStack does not clean up containers that it did not start.
      DOCKER_HOST: 'unix:///nonexistent',
    },
  });
  const close = async () => {
    await service.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  return untilReady({ port, service, close }, { within: READY_WITHIN_MS, ...(signal && { signal }) });
}

/**
 * Runs MiniStack as a container in the host's network, where its functions reach the authorization server on loopback.
 * Docker Desktop needs host networking enabled. If this process is killed with SIGKILL, the container keeps running.
 */
export async function startMiniStackContainer(signal?: AbortSignal): Promise<MiniStack> {
  const port = await freePort();
  const name = `token-refresher-${process.pid}-${port}`;
  const variables = Object.entries(settings(port)).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const args = ['run', '--rm', '--network', 'host', '--name', name, ...variables, IMAGE];
  const service = await startProcess('docker', args, { environment: process.env });
  const close = async () => {
    await run('docker', ['rm', '--force', name], { environment: process.env }).catch(() => undefined);
    // Also stops the download of the image.
    await service.stop('SIGTERM');
  };
  return untilReady(
    { port, service, close },
    { within: CONTAINER_READY_WITHIN_MS, ...(signal && { signal }) },
  );
}

/** Source: https://github.com/ministackorg/ministack (Configuration) */
function settings(port: number): Readonly<Record<string, string>> {
  return {
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: REGION,
    // Enforces the IAM policies of the functions' roles.
    AUTH: 'true',
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    LAMBDA_EXECUTOR: 'local',
    LOG_LEVEL: 'WARNING',
    // Unused listeners.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
  };
}

async function untilReady(
  { port, service, close }: { port: number; service: RunningProcess; close: () => Promise<void> },
  options: WaitOptions,
): Promise<MiniStack> {
  const url = `http://127.0.0.1:${port}`;
  const ready = async () => {
    if (service.exitCode !== undefined) throw new Error('MiniStack exited');
    return (await answers(`${url}/_ministack/health`)) || undefined;
  };
  try {
    await waitFor('MiniStack', ready, { every: 100, ...options });
    return { url, region: REGION, close };
  } catch (error) {
    await close();
    options.signal?.throwIfAborted();
    throw new Error([String(error), ...service.output.slice(-20)].join('\n'));
  }
}

export async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
