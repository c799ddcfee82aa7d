import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build } from 'esbuild';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const CONSUMER = `
  import { createTokenReader } from './lambda/reader/token-reader.ts';
  const reader = createTokenReader({ parameterName: '/app/token' });
  reader.get().catch(({ code }) => console.log(code));`;

/** A consumer's bundle, without any setting of its own unless given. */
const bundle = async (options: BuildOptions = {}) => {
  const outdir = await mkdtemp(join(tmpdir(), 'consumer-'));
  const { metafile } = await build({
    stdin: { contents: CONSUMER, resolveDir: root, sourcefile: 'consumer.ts' },
    absWorkingDir: root,
    ...{ bundle: true, platform: 'node', target: 'node24', metafile: true, outdir, logLevel: 'error' },
    ...options,
  });
  const { inputs = {}, outputs = {} } = metafile ?? {};
  const [output] = Object.values(outputs);
  return { file: join(outdir, 'stdin.js'), inputs: Object.keys(inputs), bytes: output?.bytes };
};

test("a consumer's bundle holds the reader and what it shares with the refresher, and no package", async () => {
  const { inputs } = await bundle();
  expect(inputs.filter((file) => !file.startsWith('lambda/reader/')).sort()).toEqual([
    'consumer.ts',
    'lambda/shared/aws-failure.ts',
    'lambda/shared/call-json.ts',
    'lambda/shared/direct-endpoint.ts',
    'lambda/shared/direct-sender.ts',
    'lambda/shared/json.ts',
    'lambda/shared/post.ts',
    'lambda/shared/proxy.ts',
    'lambda/shared/reader-environment.ts',
    'lambda/shared/refresh-error.ts',
    'lambda/shared/sign-request.ts',
    'lambda/shared/stored-token.ts',
    'lambda/shared/untrusted-certificate.ts',
  ]);
});

test.for(['cjs', 'esm'] as const)(
  "a consumer's minified bundle (%s) has at most 40 KB, the reader included",
  async (format) => {
    expect((await bundle({ format, minify: true })).bytes).toBeLessThanOrEqual(40_000);
  },
);

test('a bundle that needs the SDK and does not find it says so', async () => {
  const { file } = await bundle();
  const environment = { AWS_REGION: 'us-east-1', AWS_CONFIG_FILE: '/missing' };
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env: environment });
  expect(stdout).toBe('CONFIGURATION_INVALID\n');
});
