import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { FUNCTION_BUNDLING } from '../../infra/construct/bundling.ts';
import { PACKAGE_BUNDLING } from './esbuild-options.ts';

const entry = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/**
 * Bundles the CLI with its dependencies, so that users of the construct or the reader do not install them. Modules that
 * the SDK loads on demand stay in separate files.
 */
export async function bundleCommand(outdir: string): Promise<void> {
  await build({
    ...PACKAGE_BUNDLING,
    entryPoints: [entry],
    outdir,
    splitting: true,
    minify: true,
    format: 'esm',
    mainFields: FUNCTION_BUNDLING.mainFields,
    chunkNames: 'chunks/[name]-[hash]',
    // CommonJS packages require built-in modules.
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
  });
}
