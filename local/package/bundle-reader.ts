import { join } from 'node:path';
import { build } from 'esbuild';
import { PACKAGE_BUNDLING } from './esbuild-options.ts';

/**
 * Replaces the reader's ES modules in `dist` by one small file: consumers load it in every cold start. The error class stays
 * in its own file, so that all modules of the package share it.
 */
export async function bundleReader(dist: string): Promise<void> {
  const file = join(dist, 'lambda/reader/token-reader.js');
  await build({
    ...PACKAGE_BUNDLING,
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    external: ['./token-unavailable-error.js'],
    format: 'esm',
    minify: true,
    sourcemap: true,
  });
}
