import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FUNCTION_BUNDLING, FUNCTION_ENTRIES, type FunctionName } from './bundling.ts';

/** The files of a bundled function. `index.mjs` exports the handler. What a handler loads on demand is in files of its own. */
export interface FunctionBundle {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** By file: what esbuild put into it, and what it imports. */
  readonly outputs: Readonly<Record<string, BundledFile>>;
}

export interface BundledFile {
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
  readonly imports: readonly { readonly path: string; readonly external?: boolean }[];
}

const ENTRY = 'index.mjs';

/** Bundles a function of this repository. The package ships them already bundled, and does not install esbuild. */
export function bundleFunction(name: FunctionName): FunctionBundle {
  const { buildSync }: typeof import('esbuild') = createRequire(import.meta.url)('esbuild');
  const { outputFiles, metafile } = buildSync({
    ...FUNCTION_BUNDLING,
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    entryPoints: { index: `lambda/${FUNCTION_ENTRIES[name]}` },
    outdir: '.',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: '[name]-[hash]',
    write: false,
    metafile: true,
  });
  const used = reachableFrom(ENTRY, metafile.outputs);
  const files = outputFiles.filter(({ path }) => used.has(basename(path)));
  return {
    files: new Map(files.map(({ path, contents }) => [basename(path), contents])),
    outputs: Object.fromEntries(Object.entries(metafile.outputs).filter(([file]) => used.has(file))),
  };
}

/** esbuild also writes files for dynamic imports in code that it leaves out. */
function reachableFrom(entry: string, outputs: FunctionBundle['outputs']): ReadonlySet<string> {
  const used = new Set([entry]);
  // A set also visits what is added during the iteration.
  for (const file of used)
    for (const { path, external } of outputs[file]?.imports ?? []) if (external !== true) used.add(path);
  return used;
}
