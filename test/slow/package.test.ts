import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import { startAwsEndpoint } from '../../local/embedded-cloud/endpoint.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { awsClients } from '../support/client.ts';
import { confidential } from '../support/confidential.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);
const INSTALL_TIME_MS = 120_000;

/** The oldest clients that the package takes: the app has them, so that the reader uses its very client. */
const OLDEST_SDK = packageJson.peerDependencies['@aws-sdk/client-ssm'].replace('^', '');
/** As `cdk init` had it for years; the newest has no module resolution for apps before exports. */
const TYPESCRIPT = '5.9.3';

/** An empty app outside the repository, with the packed package installed. */
let app: string;
/** A folder of it that is CommonJS. */
let commonJs: string;

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
import { SSMClient } from '@aws-sdk/client-ssm';
import { createTokenReader, type TokenReader, TokenUnavailableError } from 'token-refresher/reader';

const reader: TokenReader = createTokenReader({ parameterName: '/app/token', ssm: new SSMClient({}) });

export async function handler(): Promise<string> {
  try {
    return await reader.authorization();
  } catch (error) {
    if (error instanceof TokenUnavailableError) return error.code;
    throw error;
  }
}
`;
/** The same as JavaScript, and what a test can see of it. */
const COMMONJS_APP = `
const { App, Stack } = require('aws-cdk-lib');
const { TokenRefresher } = require('token-refresher');
const { createTokenReader } = require('token-refresher/reader');

const stack = new Stack(new App(), 'Installed');
new TokenRefresher(stack, 'Refresher', { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' });
createTokenReader({ parameterName: '/app/token' })
  .get()
  .then((token) => console.log(token));
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
    `@aws-sdk/client-lambda@${OLDEST_SDK}`,
    `@aws-sdk/client-ssm@${OLDEST_SDK}`,
    `typescript@${TYPESCRIPT}`,
  ];
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  await execute('npm', ['install', ...quiet, ...packages], { cwd: app });
  await writeFile(join(app, 'app.ts'), CDK_APP);
  await writeFile(join(app, 'consumer.ts'), CONSUMER);
  commonJs = join(app, 'commonjs');
  await mkdir(commonJs);
  await writeFile(join(commonJs, 'package.json'), JSON.stringify({ type: 'commonjs' }));
  await writeFile(join(commonJs, 'app.js'), COMMONJS_APP);
  await writeFile(join(commonJs, 'app.ts'), CDK_APP);
  await writeFile(join(commonJs, 'consumer.ts'), CONSUMER);
}, INSTALL_TIME_MS);
afterAll(() => rm(app, { recursive: true, force: true }));

test("brings nothing of its own: it takes the app's CDK and the app's clients for AWS", async () => {
  const installed = join(app, 'node_modules/token-refresher');
  const { dependencies = {}, peerDependencies } = JSON.parse(
    await readFile(join(installed, 'package.json'), 'utf8'),
  );
  expect(dependencies).toEqual({});
  expect(Object.keys(peerDependencies)).toEqual([
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-ssm',
    'aws-cdk-lib',
    'constructs',
  ]);
  expect(await readdir(installed)).not.toContain('node_modules');
});

test('brings the command line, with all that it needs', async () => {
  const run = (...args: string[]) => execute('npx', ['--no', '--', 'token-refresher', ...args], { cwd: app });
  expect((await run('--version')).stdout).toBe(`${packageJson.version}\n`);
  expect((await run('--help')).stdout).toContain('set-credentials');
});

/** The code of each function in what an app synthesized. */
const functionsIn = async (outdir: string): Promise<Set<string>> => {
  const template = JSON.parse(await readFile(join(outdir, 'Installed.template.json'), 'utf8'));
  const functions = Object.values<{ Type: string; Properties: { Code: { S3Key?: string } } }>(
    template.Resources,
  )
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .flatMap(({ Properties }) => Properties.Code.S3Key ?? []);
  return readAll(functions.map((key) => join(outdir, `asset.${key.replace('.zip', '')}`, 'index.mjs')));
};
const readAll = async (files: readonly string[]): Promise<Set<string>> =>
  new Set(await Promise.all(files.map((file) => readFile(file, 'utf8'))));

test('synthesizes with the very functions that the clone deploys', async () => {
  const outdir = join(app, 'cdk.out');
  await execute(process.execPath, [join(app, 'app.ts')], {
    cwd: app,
    env: { ...process.env, CDK_OUTDIR: outdir },
  });
  const { module, deploymentModule } = inject('deployable');
  expect(await functionsIn(outdir)).toEqual(await readAll([module, deploymentModule]));
});

test('does the same where it is required, and reads with the oldest clients', async () => {
  const cloud = await startAwsEndpoint();
  const ssm = awsClients(cloud.url).ssm;
  const token = confidential('installed-token');
  const now = Math.floor(Date.now() / 1_000);
  const record = { access_token: token, token_type: 'Bearer', issued_at: now, expires_at: now + 3_600 };
  const Value = JSON.stringify({ ...record, source: sha256('source') });
  await ssm.send(new PutParameterCommand({ Name: '/app/token', Value, Type: 'SecureString' }));
  const outdir = join(commonJs, 'cdk.out');
  // Without the way in which newer versions of Node.js let modules be required.
  const { stdout } = await execute(process.execPath, ['--no-experimental-require-module', 'app.js'], {
    cwd: commonJs,
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: cloud.url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
  });
  ssm.destroy();
  await cloud.close();
  const { module, deploymentModule } = inject('deployable');
  expect(await functionsIn(outdir)).toEqual(await readAll([module, deploymentModule]));
  expect(sha256(stdout.trim())).toBe(sha256(token));
});

describe('the types', () => {
  const ours = join(root, 'node_modules/typescript/bin/tsc');
  const older = () => join(app, 'node_modules/typescript/bin/tsc');
  /** What the newer one has checked already, and is slow to. */
  const QUICKLY = ['--skipLibCheck'];
  const NODE16 = ['--module', 'node16', '--moduleResolution', 'node16'];
  const BUNDLER = ['--module', 'esnext', '--moduleResolution', 'bundler'];
  const NODE10 = ['--module', 'commonjs', '--moduleResolution', 'node10', '--esModuleInterop'];
  test.for([
    ['node16', () => [ours, app], NODE16],
    ['bundler', () => [ours, app], BUNDLER],
    ['node16 of an older compiler', () => [older(), app], [...NODE16, ...QUICKLY]],
    ['node16 in CommonJS', () => [ours, commonJs], NODE16],
    ['node16 in CommonJS of an older compiler', () => [older(), commonJs], [...NODE16, ...QUICKLY]],
    ['node10', () => [older(), commonJs], [...NODE10, ...QUICKLY]],
  ] as const)('are found and right under moduleResolution %s', async ([, where, options]) => {
    const [compiler = '', cwd = ''] = where();
    const strict = ['--noEmit', '--strict', '--target', 'es2022'];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    await execute(process.execPath, [compiler, ...strict, ...types, ...options, 'app.ts', 'consumer.ts'], {
      cwd,
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
