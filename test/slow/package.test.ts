import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);
const INSTALL_TIME_MS = 120_000;

/** An empty app outside the repository, with the packed package installed. */
let app: string;

const CDK_APP = `
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type ITokenRefresher, TokenRefresher, type TokenRefresherProps } from 'token-refresher';

const props: TokenRefresherProps = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const stack = new Stack(new App(), 'Installed');
const refresher: ITokenRefresher = new TokenRefresher(stack, 'Refresher', props);
const consumer = new Function(stack, 'Consumer', {
  runtime: Runtime.NODEJS_24_X,
  handler: 'index.handler',
  code: Code.fromInline('exports.handler = async () => {};'),
});
refresher.connect(consumer);
`;
const CONSUMER = `
import { createTokenReader, type TokenReader, TokenUnavailableError } from 'token-refresher/reader';

const reader: TokenReader = createTokenReader({ parameterName: '/app/token' });

export async function handler(): Promise<string> {
  try {
    return await reader.authorization();
  } catch (error) {
    if (error instanceof TokenUnavailableError) return error.code;
    throw error;
  }
}
`;

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), 'token-refresher-app-'));
  await execute('npm', ['pack', '--pack-destination', app], { cwd: root });
  await writeFile(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const { 'aws-cdk-lib': cdk, constructs } = packageJson.devDependencies;
  const packages = [
    `./token-refresher-${packageJson.version}.tgz`,
    `aws-cdk-lib@${cdk}`,
    `constructs@${constructs}`,
  ];
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  await execute('npm', ['install', ...quiet, ...packages], { cwd: app });
  await writeFile(join(app, 'app.ts'), CDK_APP);
  await writeFile(join(app, 'consumer.ts'), CONSUMER);
}, INSTALL_TIME_MS);
afterAll(() => rm(app, { recursive: true, force: true }));

test('installs nothing for the consumer but the clients that a reader needs', async () => {
  const { dependencies } = JSON.parse(
    await readFile(join(app, 'node_modules/token-refresher/package.json'), 'utf8'),
  );
  expect(Object.keys(dependencies)).toEqual(['@aws-sdk/client-lambda', '@aws-sdk/client-ssm']);
});

test('brings the command line, with all that it needs', async () => {
  const { stdout } = await execute('npx', ['token-refresher', '--version'], { cwd: app });
  expect(stdout).toBe(`${packageJson.version}\n`);
});

test('synthesizes with the very functions that the clone deploys', async () => {
  const outdir = join(app, 'cdk.out');
  await execute(process.execPath, [join(app, 'app.ts')], {
    cwd: app,
    env: { ...process.env, CDK_OUTDIR: outdir },
  });
  const template = JSON.parse(await readFile(join(outdir, 'Installed.template.json'), 'utf8'));
  const functions = Object.values<{ Type: string; Properties: { Code: { S3Key?: string } } }>(
    template.Resources,
  )
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .flatMap(({ Properties }) => Properties.Code.S3Key ?? []);
  const read = (file: string) => readFile(file, 'utf8');
  const { module, deploymentModule } = inject('deployable');
  const deployed = functions.map((key) => join(outdir, `asset.${key.replace('.zip', '')}`, 'index.mjs'));
  expect(new Set(await Promise.all(deployed.map(read)))).toEqual(
    new Set(await Promise.all([module, deploymentModule].map(read))),
  );
});

describe('the types', () => {
  test.for([
    ['node16', ['--module', 'node16', '--moduleResolution', 'node16']],
    ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler']],
  ] as const)('are found and right under moduleResolution %s', async ([, options]) => {
    const strict = ['--noEmit', '--strict', '--target', 'es2022'];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    const files = ['app.ts', 'consumer.ts'];
    await execute('npx', ['--prefix', root, 'tsc', ...strict, ...types, ...options, ...files], {
      cwd: app,
    }).catch(({ stdout }: { stdout: string }) => expect(stdout).toBe(''));
  });
});

test('a bundled consumer holds no minting code and no client for Secrets Manager', async () => {
  const { metafile } = await build({
    entryPoints: [join(app, 'consumer.ts')],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    splitting: true,
    outdir: join(app, 'bundle'),
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((file) => file.includes('token-refresher/dist/lambda/reader'))).not.toEqual([]);
  const unwanted =
    /client-secrets-manager|oauth4webapi|aws-lambda-powertools|dist\/lambda\/(mint|refresh|store|credentials|decide)\b/;
  expect(inputs.filter((file) => unwanted.test(file))).toEqual([]);
});
