import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, test } from 'vitest';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import { createCloudClients } from '../../local/deploy-local/cloud-clients.ts';
import { answers } from '../../local/deploy-local/ministack.ts';
import { waitFor } from '../../local/deploy-local/wait-for.ts';
import { confidential, recordWritten } from '../support/confidential.ts';

const deploy = fileURLToPath(new URL('../../local/deploy-local/deploy.ts', import.meta.url));
const CLOUD_URL = /MiniStack \S+ at (http:\S+),/;
const STACK = 'TokenRefresher-spotnana';
/** Milliseconds for bootstrap, deployment and the first scheduled check on a busy machine. */
const UP_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 100;

/** A running `npm run deploy:local`. */
interface DeployLocal {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  /** Waits until the output matches. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
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
  };
}

const untilCloudEnds = ({ isCloudUp }: DeployLocal) =>
  waitFor('the end of the cloud', async () => ((await isCloudUp()) ? undefined : true), {
    within: 60_000,
    every: LOOK_EVERY_MS,
  });

describe('npm run deploy:local', { timeout: UP_WITHIN_MS + 120_000 }, () => {
  test('stores a token on the first check, keeps running without the stack, and stops on Ctrl-C', async () => {
    const local = start();
    await local.prints(/first scheduled refresh .*\/spotnana\/access-token, version 1/);
    await local.prints(/parameter {3}\S+, version 1, valid for \d+ s; a guarded API answers 200/);
    await local.prints(/schedule {4}rate\(1 minute\), ENABLED/);
    await local.prints(/minted/);

    const [, exports = ''] = await local.prints(/^ {2}export (AWS_\S+=\S+(?: \S+=\S+)*)$/m);
    const environment = Object.fromEntries(
      exports.split(' ').map((variable) => variable.split('=') as [string, string]),
    );
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

    local.child.kill('SIGINT');
    expect(await local.exited).toEqual([0, null]);
    await untilCloudEnds(local);
  });

  test.for<[NodeJS.Signals, string]>([
    ['SIGINT', 'stops everything'],
    ['SIGTERM', 'stops everything'],
    ['SIGKILL', 'leaves no cloud behind'],
  ])('on %s during the deployment, it %s', async ([signal]) => {
    const local = start();
    await local.prints(/cdk bootstrap/);
    expect(await local.isCloudUp()).toBe(true);

    local.child.kill(signal);

    const [code] = await local.exited;
    expect(code).toBe(signal === 'SIGKILL' ? null : 1);
    await untilCloudEnds(local);
  });
});
