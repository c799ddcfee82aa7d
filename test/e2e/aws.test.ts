import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { GetParametersByPathCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createCloudClients } from '../../local/deploy-local/cloud-clients.ts';
import { waitFor } from '../../local/deploy-local/wait-for.ts';
import { ASSUMPTIONS } from '../aws/assumptions.ts';
import { createNames } from '../aws/names.ts';
import { recordWritten } from '../support/confidential.ts';

const MAIN = fileURLToPath(new URL('../aws/main.ts', import.meta.url));
/** Milliseconds for six deployments and one scheduled run on a busy machine. */
const RUN_WITHIN = 900_000;

/** `npm run test:aws` against the local cloud of the tests. */
function start(args: readonly string[]) {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...inject('ministack').environment, PATH, HOME, TMPDIR },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    recordWritten(text);
  });
  return {
    exited: once(child, 'close').then(([code]) => code as number | null),
    output: () => output,
    interrupt: () => void child.kill('SIGINT'),
    prints: (pattern: RegExp) =>
      waitFor(String(pattern), async () => pattern.exec(output) ?? undefined, {
        within: RUN_WITHIN,
        every: 100,
      }),
  };
}

/** What exists of the run whose stacks the output names. */
async function findRemains(output: string): Promise<readonly string[]> {
  const { cloudFormation, secretsManager, ssm } = createCloudClients(inject('ministack'));
  const names = createNames(/awstest-(\w+)/.exec(output)?.[1]);
  const looks = [
    ...Object.values(names.stacks).map((StackName) =>
      cloudFormation.send(new DescribeStacksCommand({ StackName })).then(
        ({ Stacks: stacks = [] }) => stacks.map(({ StackStatus: status }) => `${StackName} ${status}`),
        () => [],
      ),
    ),
    secretsManager.send(new DescribeSecretCommand({ SecretId: names.secret })).then(
      ({ Name, DeletedDate }) => (DeletedDate === undefined ? [String(Name)] : []),
      () => [],
    ),
    ssm
      .send(new GetParametersByPathCommand({ Path: names.parameterPath, Recursive: true }))
      .then(({ Parameters: parameters = [] }) => parameters.map(({ Name }) => String(Name))),
  ];
  return (await Promise.all(looks)).flat().filter((found) => !found.endsWith('DELETE_COMPLETE'));
}

describe('npm run test:aws', { timeout: RUN_WITHIN }, () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'token-refresher-aws-test-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('refuses to start without a terminal or --yes', async () => {
    const run = start([]);
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain('--yes');
    expect(run.output()).not.toContain('awstest-');
  });

  test('removes what it created when it is interrupted', async () => {
    const run = start(['--yes']);
    await run.prints(/first token/);
    run.interrupt();
    expect(await run.exited).toBe(1);
    expect(run.output()).toMatch(/\| first token \| failed \| \d+ \| interrupted \|/);
    expect(await findRemains(run.output())).toEqual([]);
  });

  test('passes every step, reports on every assumption, and leaves nothing behind', async () => {
    const file = join(directory, 'report.md');
    const run = start(['--yes', '--report', file]);
    expect(await run.exited, run.output()).toBe(0);
    const report = await readFile(file, 'utf8');
    for (const { question } of Object.values(ASSUMPTIONS)) expect(report).toContain(`| ${question} |`);
    expect(report).not.toContain('| differs |');
    expect(report).not.toContain('the run ended before');
    expect(await findRemains(run.output())).toEqual([]);
  });
});
