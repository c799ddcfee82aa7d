import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const entry = fileURLToPath(new URL('../../../lambda/reader/token-reader.ts', import.meta.url));

/** The files in a consumer's bundle of the reader. `atStart` leaves out dynamic imports. */
const bundle = async (atStart: boolean) => {
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    splitting: true,
    outdir: 'out',
  });
  const outputs = atStart
    ? Object.values(metafile.outputs).filter(({ entryPoint }) =>
        entryPoint?.endsWith('lambda/reader/token-reader.ts'),
      )
    : Object.values(metafile.outputs);
  return [...new Set(outputs.flatMap(({ inputs }) => Object.keys(inputs)))];
};

test('a consumer bundles no minting code and no client for Secrets Manager', async () => {
  const files = await bundle(false);
  const own = files.filter((file) => file.startsWith('lambda/') && !file.startsWith('lambda/reader/'));
  expect(own.sort()).toEqual([
    'lambda/shared/aws-failure.ts',
    'lambda/shared/json.ts',
    'lambda/shared/reader-environment.ts',
    'lambda/shared/refresh-error.ts',
    'lambda/shared/stored-token.ts',
    'lambda/shared/untrusted-certificate.ts',
  ]);
  expect(files.filter((file) => /secrets-manager|oauth4webapi|powertools/.test(file))).toEqual([]);
  expect(files.some((file) => file.includes('client-ssm'))).toBe(true);
  expect(files.some((file) => file.includes('client-lambda'))).toBe(true);
});

test('a consumer loads no AWS client before its first read or report', async () => {
  expect((await bundle(true)).filter((file) => file.includes('@aws-sdk/'))).toEqual([]);
});
