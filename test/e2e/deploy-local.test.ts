import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, test } from 'vitest';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import { createClients } from '../../local/deploy-local/cloud-clients.ts';
import { answers } from '../../local/deploy-local/ministack.ts';
import { waitFor } from '../../local/deploy-local/wait-for.ts';
import { confidential, recordWritten } from '../support/confidential.ts';

const deploy = fileURLToPath(new URL('../../local/deploy-local/deploy.ts', import.meta.url));
const CLOUD_URL = /MiniStack \S+ at (http:\S+),/;
const STACK = 'TokenRefresher-spotnana';
/** Bootstrap, deployment and the first check of the schedule, on a busy machine. */
const UP_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 100;

/** `npm run deploy:local`, as it runs. */
interface DeployLocal {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  /** Waits for it to write what is looked for. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  isCloudUp(): Promise<boolean>;
}

let running: ChildProcess | undefined;
afterEach(() => running?.kill('SIGKILL'));

function start(): DeployLocal {
  const { AWS_ENDPOINT_URL: _, ...environment } = process.env;
  const child = spawn(process.execPath, [deploy], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    recordWritten(text);
  });
  running = child;
  return {
    child,
    exited,
    says: (pattern) => {
      const look = async () => {
        const found = pattern.exec(output);
        if (found === null && (child.exitCode ?? child.signalCode) !== null)
          throw new Error(`it ended after:\n${output}`);
        return found ?? undefined;
      };
      return waitFor(String(pattern), look, { within: UP_WITHIN_MS, every: LOOK_EVERY_MS });
    },
    isCloudUp: () => answers(`${CLOUD_URL.exec(output)?.[1]}/_ministack/health`),
  };
}

const untilCloudEnds = ({ isCloudUp }: DeployLocal) =>
  waitFor('the end of the cloud', async () => ((await isCloudUp()) ? undefined : true), {
    within: 60_000,
    every: LOOK_EVERY_MS,
  });

describe('npm run deploy:local', { timeout: UP_WITHIN_MS + 120_000 }, () => {
  test('shows the token that the first check stored, outlasts the stack, and ends with Ctrl-C', async () => {
    const local = start();
    await local.says(/first scheduled refresh .*\/spotnana\/access-token, version 1/);
    await local.says(/parameter {3}\S+, version 1, \d+ s left; a guarded API answers 200 to its token/);
    await local.says(/schedule {4}rate\(1 minute\), ENABLED/);
    await local.says(/minted/);

    const [, exports = ''] = await local.says(/^ {2}export (AWS_\S+=\S+(?: \S+=\S+)*)$/m);
    const environment = Object.fromEntries(
      exports.split(' ').map((variable) => variable.split('=') as [string, string]),
    );
    const { AWS_ENDPOINT_URL: url = '', AWS_REGION: region = '' } = environment;
    const clients = createClients({ url, region, environment });
    const { Parameter } = await clients.ssm.send(
      new GetParameterCommand({ Name: '/spotnana/access-token', WithDecryption: true }),
    );
    const { access_token } = JSON.parse(Parameter?.Value ?? '{}') as StoredToken;
    expect(confidential(access_token).length).toBeGreaterThan(0);

    await clients.cloudFormation.send(new DeleteStackCommand({ StackName: STACK }));
    await local.says(/The log cannot be read \(ResourceNotFoundException\)\. Ctrl-C ends everything\./);
    expect(await local.isCloudUp()).toBe(true);

    local.child.kill('SIGINT');
    expect(await local.exited).toEqual([0, null]);
    await untilCloudEnds(local);
  });

  test.for<[NodeJS.Signals, string]>([
    ['SIGINT', 'has everything end'],
    ['SIGTERM', 'has everything end'],
    ['SIGKILL', 'has the cloud end all the same'],
  ])('given %s in the middle %s', async ([signal]) => {
    const local = start();
    await local.says(/cdk bootstrap/);
    expect(await local.isCloudUp()).toBe(true);

    local.child.kill(signal);

    const [code] = await local.exited;
    expect(code).toBe(signal === 'SIGKILL' ? null : 1);
    await untilCloudEnds(local);
  });
});
