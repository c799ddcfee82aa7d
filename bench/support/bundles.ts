import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { FUNCTION_BUNDLING } from '../../infra/construct/bundling.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `NodejsFunction` does if nothing is set, but minified. */
export const PLAIN = {
  bundle: true,
  platform: 'node',
  target: FUNCTION_BUNDLING.target,
  format: 'cjs',
  minify: true,
} as const satisfies BuildOptions;

/** The packages that `NodejsFunction` leaves to the runtime if nothing is set. */
export const LEFT_TO_THE_RUNTIME = ['@aws-sdk/*', '@smithy/*'];

/** Bundles code that imports from this repository into `file`. Returns the path. */
export async function writeBundle(
  { code }: { readonly code: string },
  options: BuildOptions,
  file: string,
): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    outfile: file,
    write: false,
  });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, outputFiles?.[0]?.contents ?? '');
  return file;
}

/** Lets bundles in `directory` find the packages that they left out. */
export async function linkPackages(directory: string): Promise<void> {
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
}
