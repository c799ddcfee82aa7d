import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run, type Service, startService } from './run-command.ts';
import { installPackages, type Python, UNTIL_PARENT_ENDS } from './python.ts';

export const MINISTACK_VERSION = '1.5.33';

/** Source: https://github.com/ministackorg/ministack (Quick Start); each release is published under its version. */
const IMAGE = `ministackorg/ministack:${MINISTACK_VERSION}`;

/** Its own word for the credentials that may do everything; all others are held to their IAM policies. */
export const ROOT_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

const REGION = 'us-east-1';
const READY_WITHIN_MS = 60_000;
/** The image may have to be fetched first. */
const CONTAINER_READY_WITHIN_MS = 600_000;

const node24 = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url));

export interface MiniStack {
  readonly url: string;
  readonly region: string;
  close(): Promise<void>;
}

/** MiniStack in a virtual environment under `.local`, on a free loopback port, keeping nothing on disk. */
export async function startMiniStack(python: Python, signal?: AbortSignal): Promise<MiniStack> {
  const packages = [`ministack==${MINISTACK_VERSION}`];
  const interpreter = await installPackages(python, `ministack-${MINISTACK_VERSION}`, packages, signal);
  const directory = await mkdtemp(join(tmpdir(), 'token-refresher-cloud-'));
  const port = await freePort();
  const service = await startService(interpreter, [UNTIL_PARENT_ENDS, 'patient_ministack'], {
    directory,
    // Nothing else of this process's environment: functions inherit it.
    environment: {
      ...settings(port),
      // MiniStack runs functions with the first `node` that it finds.
      PATH: [node24, process.env.PATH].join(delimiter),
      HOME: directory,
      TMPDIR: directory,
      // No engine: there is nothing here that needs a container, and it would look for leftovers of others.
      DOCKER_HOST: 'unix:///nonexistent',
    },
  });
  const close = async () => {
    await service.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  return untilReady({ port, service, close, within: READY_WITHIN_MS }, signal);
}

/**
 * MiniStack as a container in the host's network: its functions have to reach the authorization server, whose plain
 * http URL may only be a loopback one. In Docker Desktop, host networking has to be enabled. Unlike a process, the
 * container outlasts this process where that is killed outright.
 */
export async function startMiniStackContainer(signal?: AbortSignal): Promise<MiniStack> {
  const port = await freePort();
  const name = `token-refresher-${process.pid}-${port}`;
  const variables = Object.entries(settings(port)).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  const args = ['run', '--rm', '--network', 'host', '--name', name, ...variables, IMAGE];
  const service = await startService('docker', args, { environment: process.env });
  const close = async () => {
    await run('docker', ['rm', '--force', name], { environment: process.env }).catch(() => undefined);
    // The image may still be on its way.
    await service.stop('SIGTERM');
  };
  return untilReady({ port, service, close, within: CONTAINER_READY_WITHIN_MS }, signal);
}

/** Source: https://github.com/ministackorg/ministack (Configuration) */
function settings(port: number): Readonly<Record<string, string>> {
  return {
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: REGION,
    // Functions are held to the policies of their roles, as in AWS.
    AUTH: 'true',
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    LAMBDA_EXECUTOR: 'local',
    LOG_LEVEL: 'WARNING',
    // Listeners for which there is no use here.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
  };
}

interface Starting {
  readonly port: number;
  readonly service: Service;
  readonly close: () => Promise<void>;
  /** Milliseconds. */
  readonly within: number;
}

async function untilReady(
  { port, service, close, within }: Starting,
  signal: AbortSignal | undefined,
): Promise<MiniStack> {
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + within;
  try {
    while (!(await answers(`${url}/_ministack/health`))) {
      signal?.throwIfAborted();
      if (service.exitCode !== undefined || Date.now() > deadline) {
        throw new Error(['MiniStack did not start', ...service.output.slice(-20)].join('\n'));
      }
      await sleep(100);
    }
    return { url, region: REGION, close };
  } catch (error) {
    await close();
    throw error;
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
