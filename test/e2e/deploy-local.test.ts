import { type ChildProcess, exec, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import { createCloudClients } from '../../local/deploy-local/cloud-clients.ts';
import { answers } from '../../local/deploy-local/ministack.ts';
import { waitFor } from '../../local/deploy-local/wait-for.ts';
import { confidential, recordWritten } from '../support/confidential.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CLOUD_URL = /MiniStack \S+ at (http:\S+),/;
const STACK = 'TokenRefresher-spotnana';
/** Milliseconds for the bootstrap and the deployment on a busy machine. */
const UP_WITHIN_MS = 300_000;
const ENDS_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;
const STOP = { within: ENDS_WITHIN_MS, every: LOOK_EVERY_MS };

/** A running `npm run deploy:local`, with a process group and a folder for temporary files of its own. */
interface DeployLocal {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  /** Waits until the output matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  isCloudUp(): Promise<boolean>;
  /** Sends the signal to every process of the group, as a terminal does. */
  signalGroup(signal: NodeJS.Signals): void;
}

let temporary: string;
let running: DeployLocal | undefined;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'token-refresher-deploy-local-'));
});
afterEach(async () => {
  if (running !== undefined && (running.child.exitCode ?? running.child.signalCode) === null)
    running.signalGroup('SIGKILL');
  running = undefined;
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
});

/** `command` is for a shell. */
function start(command: string): DeployLocal {
  const { AWS_ENDPOINT_URL: _, ...environment } = process.env;
  const child = spawn('bash', ['-c', command], {
    cwd: root,
    // npm would write its compile cache.
    env: { ...environment, TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    recordWritten(text);
  });
  running = {
    child,
    exited,
    prints: (pattern) => {
      const look = async () => {
        const found = pattern.exec(output);
        if (found === null && (child.exitCode ?? child.signalCode) !== null)
          throw new Error(`it exited after:\n${output}`);
        return found ?? undefined;
      };
      return waitFor(String(pattern), look, { within: UP_WITHIN_MS, every: LOOK_EVERY_MS });
    },
    isCloudUp: () => answers(`${CLOUD_URL.exec(output)?.[1]}/_ministack/health`),
    signalGroup: (signal) => process.kill(-(child.pid ?? 0), signal),
  };
  return running;
}

/** Commands of the processes whose temporary files are in the folder of this test: the cloud, its functions, and the CDK CLI. */
async function processesLeft(): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const read = (id: string, file: string) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '');
  const found = await Promise.all(
    ids.map(async (id) =>
      (await read(id, 'environ')).includes(temporary)
        ? [`${(await read(id, 'cmdline')).replaceAll('\0', ' ').slice(0, 120)}`]
        : [],
    ),
  );
  return found.flat();
}

/** Waits until neither a process nor a temporary file is left. */
async function expectNothingLeft(): Promise<void> {
  let left: readonly string[] = [];
  const look = async () => {
    left = [...(await processesLeft()), ...(await readdir(temporary))];
    return left.length === 0 ? true : undefined;
  };
  await waitFor('the end', look, STOP).catch(() => undefined);
  expect(left).toEqual([]);
}

describe('npm run deploy:local', { timeout: UP_WITHIN_MS + 120_000 }, () => {
  test('mints the first token, says what to do next, keeps running without the stack, and stops on Ctrl-C', async () => {
    const local = start('exec npm run deploy:local -- spotnana');
    await local.prints(/first token .*\/spotnana\/access-token, version 1 \(minted\)/);
    await local.prints(/parameter {3}\S+, version 1, valid for \d+ s; a guarded API answers 200/);
    await local.prints(/schedule {4}rate\(1 minute\), ENABLED/);
    await local.prints(/INFO {2}Token minted/);

    const [, exports = ''] = await local.prints(/^ {4}export (AWS_\S+=\S+(?: \S+=\S+)*)$/m);
    const environment = Object.fromEntries(
      exports.split(' ').map((variable) => variable.split('=') as [string, string]),
    );
    const [, deployAgain = ''] = await local.prints(/^ {4}(npx cdk deploy .*)$/m);
    expect(await run(deployAgain.replace('PT2M', 'PT3M'), environment)).toContain('UPDATE_COMPLETE');
    const status = await run('npm run token-refresher -- status spotnana', environment);
    expect(status).toContain('/spotnana/access-token  healthy');
    expect(status).not.toContain('in alarm');

    const { AWS_ENDPOINT_URL: url = '', AWS_REGION: region = '' } = environment;
    const clients = createCloudClients({ url, region, environment });
    const { Parameter } = await clients.ssm.send(
      new GetParameterCommand({ Name: '/spotnana/access-token', WithDecryption: true }),
    );
    const { access_token } = JSON.parse(Parameter?.Value ?? '{}') as StoredToken;
    expect(confidential(access_token).length).toBeGreaterThan(0);

    await clients.cloudFormation.send(new DeleteStackCommand({ StackName: STACK }));
    await local.prints(/log cannot be read \(ResourceNotFoundException\)/);
    expect(await local.isCloudUp()).toBe(true);

    local.signalGroup('SIGINT');
    expect(await local.exited).toEqual([0, null]);
    await expectNothingLeft();
  });

  test('leaves nothing behind when Ctrl-C after the deployment also ends tee, which reads its output', async () => {
    const local = start('npm run deploy:local | tee /dev/null');
    await local.prints(/INFO {2}Token minted/);
    expect(await processesLeft()).toContainEqual(expect.stringContaining('ministack'));
    local.signalGroup('SIGINT');
    await local.exited;
    await expectNothingLeft();
  });

  test.for<[how: string, command: string, stop: (local: DeployLocal) => void]>([
    ['Ctrl-C', 'exec npm run deploy:local', (local) => local.signalGroup('SIGINT')],
    ['Ctrl-C behind a pipe', 'npm run deploy:local | tee /dev/null', (local) => local.signalGroup('SIGINT')],
    ['SIGTERM to npm', 'exec npm run deploy:local', ({ child }) => child.kill('SIGTERM')],
    ['SIGHUP to all', 'exec npm run deploy:local', (local) => local.signalGroup('SIGHUP')],
    ['a closed pipe', 'npm run deploy:local | head -c 300', () => undefined],
  ])('leaves nothing behind after %s during the deployment', async ([, command, stop]) => {
    const local = start(command);
    await local.prints(/authorization server/);
    stop(local);
    await local.exited;
    await expectNothingLeft();
  });

  test('leaves no cloud behind after SIGKILL during the deployment', async () => {
    const local = start('exec node local/deploy-local/deploy.ts');
    await local.prints(/cdk bootstrap/);
    expect(await local.isCloudUp()).toBe(true);
    local.child.kill('SIGKILL');
    await local.exited;
    await waitFor('the end of the cloud', async () => ((await local.isCloudUp()) ? undefined : true), STOP);
  });

  test.for([
    ['nobody', /cdk\.json has no refresher nobody\. cdk\.json has: spotnana\./],
    ['--nonsense', /Use: npm run deploy:local -- <name>/],
  ] as const)('with %s it starts nothing and says what to type', async ([args, message]) => {
    await expect(run(`npm run --silent deploy:local -- ${args}`, {})).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(message),
    });
  });
});

/** Runs a command in a shell, in the directory of cdk.json, and returns what it printed. */
async function run(command: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const env = { ...process.env, ...environment, CI: 'true' };
  const { stdout, stderr } = await promisify(exec)(command, { cwd: root, env });
  recordWritten(stdout + stderr);
  return stdout + stderr;
}
