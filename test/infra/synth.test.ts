import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REQUIRED } from './wrong-settings.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const APP = `"${process.execPath}" "${join(root, 'infra/app.ts')}"`;

let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'token-refresher-synth-'));
});
afterAll(() => rm(project, { recursive: true }));

/** Runs `cdk synth` as a user does, and returns what the user sees. */
async function synth(refreshers: object, overrides: readonly string[]) {
  await writeFile(join(project, 'cdk.json'), JSON.stringify({ app: APP, context: { refreshers } }));
  const args = [join(root, 'node_modules/aws-cdk/bin/cdk'), 'synth', '--quiet', '--no-notices'];
  const options = overrides.flatMap((override) => ['--context', override]);
  const env = {
    ...process.env,
    CDK_DISABLE_VERSION_CHECK: '1',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CI: 'true',
  };
  return promisify(execFile)(process.execPath, [...args, ...options], { cwd: project, env }).then(
    ({ stdout, stderr }) => ({ code: 0, lines: lines(stdout + stderr) }),
    ({ code, stdout, stderr }) => ({ code, lines: lines(stdout + stderr) }),
  );
}

const lines = (output: string): string[] => output.split('\n').filter((line) => line !== '');

describe('cdk synth', () => {
  test.for<[string, object, string[], string[]]>([
    [
      'a wrong setting in cdk.json',
      { app: { ...REQUIRED, tokenURL: REQUIRED.tokenUrl } },
      [],
      ['app.tokenURL: there is no such setting. Did you mean tokenUrl?'],
    ],
    [
      'wrong settings of two refreshers and on the command line',
      { app: { ...REQUIRED, checkEvery: 'PT90S' }, other: { ...REQUIRED, readers: ['travel'] } },
      ['app.dashboard=no', 'refreshBefore=PT1H', 'acme:costCentre=4711'],
      [
        'app.dashboard: found "no"; it must be true or false',
        'app.checkEvery: found "PT90S"; it must be whole minutes, from PT1M to PT12H',
        'other.readers[0]: found "travel"; it must be the ARN of an IAM role or user, or "*"',
        'refreshBefore: it has no effect without the name of a refresher. Write -c app.refreshBefore=… or -c other.refreshBefore=…',
      ],
    ],
  ])('prints for %s one line each, without a stack trace', async ([, refreshers, overrides, problems]) => {
    const { code, lines } = await synth(refreshers, overrides);
    expect(code).toBe(1);
    // The last line is from the CDK CLI.
    expect(lines).toEqual([...problems, expect.stringMatching(/: Subprocess exited with error 1$/)]);
  });
});
