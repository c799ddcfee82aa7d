import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const entry = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));

/**
 * Bundles the command line with all that it needs, so that whoever takes the package for its construct or its reader
 * installs none of it. What the SDK loads only when it is needed stays in files of its own.
 */
export async function bundleCommand(outdir: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outdir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    chunkNames: 'chunks/[name]-[hash]',
    // For packages that are CommonJS and load built-in modules.
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
}
