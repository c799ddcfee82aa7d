import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../local/embedded-cloud/endpoint.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { awsClients } from '../support/client.ts';
import { confidential } from '../support/confidential.ts';
import { compiledConsumerTest, consumerTest } from '../support/consumer-test.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);
/** Packs and installs four times, with downloads on a new machine. */
const INSTALL_TIME_MS = 600_000;

/** The oldest SDK clients that the package allows. An app with them must share its client with the reader. */
const OLDEST_SDK = packageJson.peerDependencies['@aws-sdk/client-ssm'].replace('^', '');
/** The last compiler that resolves modules without `exports`, as `cdk init` configured it for years. */
const TYPESCRIPT = '5.9.3';
/** Not a dependency of this repository: it brings 250 packages, and only this test needs it. */
const JEST = '30.5.2';

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
const COMMONJS_CDK_APP = `
const { App, Stack } = require('aws-cdk-lib');
const { TokenRefresher } = require('token-refresher');

const stack = new Stack(new App(), 'Installed');
new TokenRefresher(stack, 'Refresher', { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' });
`;
const CONSUMER = `
import { Lambda, LambdaClient } from '@aws-sdk/client-lambda';
import { SSM, SSMClient } from '@aws-sdk/client-ssm';
import { createTokenReader, type TokenReader, TokenUnavailableError } from 'token-refresher/reader';

const reader: TokenReader = createTokenReader({ parameterName: '/app/token', ssm: new SSM({}) });
export const readers: TokenReader[] = [
  createTokenReader({ ssm: new SSM({}), lambda: new Lambda({}) }),
  createTokenReader({ ssm: new SSMClient({}), lambda: new LambdaClient({}) }),
];

export async function handler(): Promise<string> {
  try {
    return await reader.authorization();
  } catch (error) {
    if (error instanceof TokenUnavailableError) return error.code;
    throw error;
  }
}
`;
const READ = "createTokenReader({ parameterName: '/app/token' }).get().then((token) => console.log(token));";
const READING = `import { createTokenReader } from 'token-refresher/reader';\n${READ}`;
const COMMONJS_READING = `const { createTokenReader } = require('token-refresher/reader');\n${READ}`;

const READINGS = { 'reading.js': READING, 'commonjs/reading.js': COMMONJS_READING };

/** The packed package. */
let tarball: string;
/** An empty project in which only the package is installed. */
let alone: string;
/** A project with the CDK and without SDK clients. */
let cdkProject: string;
/** A project with the SDK clients and without the CDK. */
let consumerProject: string;
/** A project with two test runners, and neither the CDK nor SDK clients. */
let testProject: string;

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
}

/** The files in the folder `commonjs`. */
const inCommonJs = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`commonjs/${file}`, text]));

/** Creates a project outside the repository. Its folder `commonjs` holds the CommonJS variants of its files. */
async function createProject(
  name: string,
  packages: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const project = join(directory, name);
  await mkdir(join(project, 'commonjs'), { recursive: true });
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await writeFile(join(project, 'commonjs/package.json'), JSON.stringify({ type: 'commonjs' }));
  await writeFiles(project, files);
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  await execute('npm', ['install', ...quiet, tarball, ...packages], { cwd: project });
  return project;
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'token-refresher-package-'));
  await execute('npm', ['pack', '--pack-destination', directory], { cwd: root });
  tarball = join(directory, `token-refresher-${packageJson.version}.tgz`);
  const { 'aws-cdk-lib': cdk, constructs } = packageJson.devDependencies;
  alone = await createProject('alone', [], READINGS);
  cdkProject = await createProject(
    'cdk',
    [`aws-cdk-lib@${cdk}`, `constructs@${constructs}`, `typescript@${TYPESCRIPT}`],
    { 'app.ts': CDK_APP, 'commonjs/app.ts': CDK_APP, 'commonjs/app.js': COMMONJS_CDK_APP },
  );
  consumerProject = await createProject(
    'consumer',
    [`@aws-sdk/client-lambda@${OLDEST_SDK}`, `@aws-sdk/client-ssm@${OLDEST_SDK}`],
    {
      'consumer.ts': CONSUMER,
      'commonjs/consumer.ts': CONSUMER,
      ...READINGS,
      ...consumerTest('node:test'),
      ...inCommonJs(consumerTest('node:test')),
    },
  );
  testProject = await createProject(
    'test',
    [`jest@${JEST}`, `vitest@${packageJson.devDependencies.vitest}`],
    {},
  );
}, INSTALL_TIME_MS);
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the package installed alone', () => {
  test('brings no other package', async () => {
    const installed = (await readdir(join(alone, 'node_modules'))).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['token-refresher']);
    expect(await readdir(join(alone, 'node_modules/token-refresher'))).not.toContain('node_modules');
  });

  test('runs the CLI', async () => {
    const run = (...args: string[]) =>
      execute('npx', ['--no', '--', 'token-refresher', ...args], { cwd: alone });
    expect((await run('--version')).stdout).toBe(`${packageJson.version}\n`);
    expect((await run('--help')).stdout).toContain('set-credentials');
  });
});

/** The files of each function that an app synthesized to `outdir`. */
const functionsIn = async (outdir: string) => {
  const template = JSON.parse(await readFile(join(outdir, 'Installed.template.json'), 'utf8'));
  const functions = Object.values<{ Type: string; Properties: { Code: { S3Key?: string } } }>(
    template.Resources,
  )
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .flatMap(({ Properties }) => Properties.Code.S3Key ?? []);
  return readAll(functions.map((key) => join(outdir, `asset.${key.replace('.zip', '')}`)));
};
/** What a handler loads on demand is in files beside it. */
const readAll = async (folders: readonly string[]) => new Set(await Promise.all(folders.map(readFolder)));
const readFolder = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  const files = (await readdir(folder)).toSorted();
  const read = async (file: string) => [file, await readFile(join(folder, file), 'utf8')] as const;
  return new Map(await Promise.all(files.map(read)));
};

/** Newer versions of Node.js can require ES modules. CommonJS must work without that. */
const ONLY_COMMONJS = '--no-experimental-require-module';

describe('with the CDK only, the construct', () => {
  test.for([
    ['an ES module', () => cdkProject, ['app.ts']],
    ['CommonJS', () => join(cdkProject, 'commonjs'), [ONLY_COMMONJS, 'app.js']],
  ] as const)('synthesizes from %s with the functions that a clone deploys', async ([, projectOf, args]) => {
    const cwd = projectOf();
    const outdir = join(cwd, 'cdk.out');
    await execute(process.execPath, [...args], { cwd, env: { ...process.env, CDK_OUTDIR: outdir } });
    const { module, deploymentModule } = inject('deployable');
    expect(await functionsIn(outdir)).toEqual(await readAll([dirname(module), dirname(deploymentModule)]));
  });
});

describe('without the CDK, the reader', () => {
  let cloud: AwsEndpoint;
  const token = confidential('installed-token');

  beforeAll(async () => {
    cloud = await startAwsEndpoint();
    const { ssm } = awsClients(cloud.url);
    const now = Math.floor(Date.now() / 1_000);
    const record = { access_token: token, token_type: 'Bearer', issued_at: now, expires_at: now + 3_600 };
    const Value = JSON.stringify({ ...record, source: sha256('source') });
    await ssm.send(new PutParameterCommand({ Name: '/app/token', Value, Type: 'SecureString' }));
    ssm.destroy();
  });
  afterAll(() => cloud.close());

  test.for([
    ['an ES module', () => alone, ['reading.js']],
    ['CommonJS', () => join(alone, 'commonjs'), [ONLY_COMMONJS, 'reading.js']],
    ['an ES module beside the SDK', () => consumerProject, ['reading.js']],
    ['CommonJS beside the SDK', () => join(consumerProject, 'commonjs'), [ONLY_COMMONJS, 'reading.js']],
  ] as const)('reads the token from %s', async ([, projectOf, args]) => {
    const { stdout } = await execute(process.execPath, [...args], {
      cwd: projectOf(),
      env: {
        ...process.env,
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL: cloud.url,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    });
    expect(sha256(stdout.trim())).toBe(sha256(token));
  });

  test('is bundled without minting code and without a client for Secrets Manager', async () => {
    const { metafile } = await build({
      entryPoints: [join(consumerProject, 'consumer.ts')],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      splitting: true,
      outdir: join(consumerProject, 'bundle'),
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.filter((file) => file.includes('token-refresher/dist/lambda/reader'))).not.toEqual([]);
    const unwanted =
      /client-secrets-manager|oauth4webapi|aws-lambda-powertools|dist\/lambda\/(refresher|deployment)\//;
    expect(inputs.filter((file) => unwanted.test(file))).toEqual([]);
  });
});

describe('the test in docs/consumers.md', () => {
  const bin = (path: string) => join(testProject, 'node_modules', path);
  const jest = () => [bin('jest/bin/jest.js'), '--watchman=false'];
  // Neither the settings of AWS nor those of the runner of this test.
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, NO_COLOR: '1' };

  test.for<[string, 'module' | 'commonjs', () => Promise<Readonly<Record<string, string>>>, () => string[]]>([
    [
      'Vitest, with an ES module',
      'module',
      async () => consumerTest('vitest'),
      () => [bin('vitest/vitest.mjs'), 'run'],
    ],
    [
      'Vitest, in a CommonJS package',
      'commonjs',
      async () => consumerTest('vitest'),
      () => [bin('vitest/vitest.mjs'), 'run'],
    ],
    [
      'Jest, with an ES module',
      'module',
      () => compiledConsumerTest('@jest/globals', 'esm'),
      () => ['--experimental-vm-modules', ...jest()],
    ],
    [
      'Jest, with CommonJS',
      'commonjs',
      () => compiledConsumerTest('@jest/globals', 'cjs'),
      () => [ONLY_COMMONJS, ...jest()],
    ],
    [
      'node:test, with an ES module',
      'module',
      () => compiledConsumerTest('node:test', 'esm'),
      () => ['--test'],
    ],
    [
      'node:test, with CommonJS',
      'commonjs',
      () => compiledConsumerTest('node:test', 'cjs'),
      () => [ONLY_COMMONJS, '--test'],
    ],
  ])('passes in %s', async ([name, type, files, command]) => {
    const folder = join(testProject, name.replaceAll(/\W+/g, '-'));
    const packageFile = { 'package.json': JSON.stringify({ type, jest: { transform: {} } }) };
    await writeFiles(folder, { ...packageFile, ...(await files()) });
    const { stdout, stderr } = await execute(process.execPath, command(), { cwd: folder, env });
    expect(`${stdout}${stderr}`).toMatch(/\bpass 3\b|\b3 passed\b/);
  });
});

describe('the types', () => {
  const ours = join(root, 'node_modules/typescript/bin/tsc');
  const older = () => join(cdkProject, 'node_modules/typescript/bin/tsc');
  /** The newer compiler checks the libraries. The older one is slow at it. */
  const QUICKLY = ['--skipLibCheck'];
  const NODE16 = ['--module', 'node16', '--moduleResolution', 'node16'];
  const BUNDLER = ['--module', 'esnext', '--moduleResolution', 'bundler'];
  const NODE10 = ['--module', 'commonjs', '--moduleResolution', 'node10', '--esModuleInterop'];
  test.for([
    ['node16', () => ours, '.', NODE16],
    ['bundler', () => ours, '.', BUNDLER],
    ['node16 of an older compiler', older, '.', [...NODE16, ...QUICKLY]],
    ['node16 in CommonJS', () => ours, 'commonjs', NODE16],
    ['node16 in CommonJS of an older compiler', older, 'commonjs', [...NODE16, ...QUICKLY]],
    ['node10', older, 'commonjs', [...NODE10, ...QUICKLY]],
  ] as const)('compile under moduleResolution %s', async ([, compiler, folder, options]) => {
    const strict = ['--noEmit', '--strict', '--target', 'es2022'];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    for (const [project, ...files] of [
      [cdkProject, 'app.ts'],
      [consumerProject, 'consumer.ts', 'trips.test.ts', 'stored-token.ts'],
    ]) {
      await execute(process.execPath, [compiler(), ...strict, ...types, ...options, ...files], {
        cwd: join(project ?? '', folder),
      }).catch(({ stdout }: { stdout: string }) => expect(stdout).toBe(''));
    }
  });
});
