import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { findPython, installPackages } from '../../local/deploy-local/python.ts';
import { run } from '../../local/deploy-local/run-command.ts';
import { REFERENCE_VARIANTS } from '../support/reference-variants.ts';
import { readTemplates } from '../support/template-problems.ts';

const CFN_LINT_VERSION = '1.58.0';
/** Its own script names the interpreter that it was installed with, before the environment was moved into place. */
const CFN_LINT = 'import sys; from cfnlint.runner.cli import main; sys.exit(main())';
/** It reads one template after the other, for a minute and a half in all. */
const PROCESSES = 3;
const TIMEOUT = 600_000;

let interpreter: string;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'token-refresher-templates-'));
  const python = await findPython();
  if (python === undefined) throw new Error('cfn-lint needs Python 3.10 or newer in PATH');
  interpreter = await installPackages(python, `cfn-lint-${CFN_LINT_VERSION}`, [
    `cfn-lint==${CFN_LINT_VERSION}`,
  ]);
}, TIMEOUT);
afterAll(() => rm(directory, { recursive: true }));

/**
 * Ignores warnings: CDK writes dependencies that a reference implies anyway.
 * @throws Error with the errors that cfn-lint found
 */
const lint = (files: readonly string[]) =>
  run(interpreter, ['-c', CFN_LINT, '--ignore-checks', 'W', '--format', 'parseable', '--', ...files], {
    environment: process.env,
  });

test('cfn-lint finds no error in the shipped template', async () => {
  await lint([join(inject('deployable').outdir, 'TokenRefresher-synthesized.template.json')]);
});

test('cfn-lint finds a reference without a target', async () => {
  const template = {
    Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'X' } } } },
  };
  const file = join(directory, 'broken.template.json');
  await writeFile(file, JSON.stringify(template));
  await expect(lint([file])).rejects.toThrow(/E1020/);
});

test('cfn-lint finds no error whichever stack owns what the refresher is given', {
  timeout: TIMEOUT,
}, async () => {
  const files = await writeVariants(join(directory, 'variants'));
  const shares = Array.from({ length: PROCESSES }, (_, share) =>
    files.filter((_file, index) => index % PROCESSES === share),
  );
  await Promise.all(shares.map(lint));
});

/** Each template once, as a file that is named after the variant. */
async function writeVariants(parent: string): Promise<string[]> {
  vi.stubEnv('CDK_VALIDATION', 'false');
  const written = new Map<string, string>();
  await mkdir(parent, { recursive: true });
  for (const { name, synthesize } of REFERENCE_VARIANTS) {
    const outdir = await mkdtemp(join(parent, 'out-'));
    synthesize(outdir);
    for (const file of Object.keys(readTemplates(outdir))) {
      const text = await readFile(join(outdir, file), 'utf8');
      const hash = createHash('sha256').update(text).digest('hex');
      if (written.has(hash)) continue;
      const path = join(parent, `${name} - ${file}`);
      await writeFile(path, text);
      written.set(hash, path);
    }
  }
  vi.unstubAllEnvs();
  return [...written.values()];
}
