import { cp, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Adds to the modules in `dist` the same for apps that are CommonJS, as those that `cdk init` makes and their tests are. */
export async function bundleForCommonJs(dist: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['infra/construct/token-refresher.ts', 'lambda/reader/token-reader.ts'],
    outdir: dist,
    outbase: '.',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    packages: 'external',
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  // A declaration belongs to the kind of module that the nearest package.json says.
  const types = join(dist, 'commonjs-types');
  const isDeclaration = (path: string) => extname(path) === '' || path.endsWith('.d.ts');
  for (const folder of ['infra', 'lambda'])
    await cp(join(dist, folder), join(types, folder), { recursive: true, filter: isDeclaration });
  await writeFile(join(types, 'package.json'), '{"type":"commonjs"}\n');
}
