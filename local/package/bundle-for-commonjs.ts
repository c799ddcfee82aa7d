import { cp, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { PACKAGE_BUNDLING } from './esbuild-options.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Each build has its own classes. The fake throws the reader's errors, so `instanceof` must know them. */
const SHARED_READER: Plugin = {
  name: 'shared-reader',
  setup({ onResolve }) {
    onResolve({ filter: /\/reader\/token-reader\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: '../reader/token-reader.cjs', external: true },
    );
  },
};

/** Adds CommonJS builds of the modules to `dist`: apps made by `cdk init`, and their tests, use CommonJS. */
export async function bundleForCommonJs(dist: string): Promise<void> {
  await build({
    ...PACKAGE_BUNDLING,
    absWorkingDir: root,
    entryPoints: [
      'infra/construct/token-refresher.ts',
      'lambda/reader/token-reader.ts',
      'lambda/testing/fake-token-reader.ts',
    ],
    plugins: [SHARED_READER],
    outdir: dist,
    outbase: '.',
    outExtension: { '.js': '.cjs' },
    packages: 'external',
    format: 'cjs',
    sourcemap: true,
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  // The nearest package.json decides which kind of module a declaration file describes.
  const types = join(dist, 'commonjs-types');
  const isDeclaration = (path: string) => extname(path) === '' || path.endsWith('.d.ts');
  for (const folder of ['infra', 'lambda'])
    await cp(join(dist, folder), join(types, folder), { recursive: true, filter: isDeclaration });
  await writeFile(join(types, 'package.json'), '{"type":"commonjs"}\n');
}
