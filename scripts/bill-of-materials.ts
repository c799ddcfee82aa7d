import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The functions that are deployed, by the file in `lambda/` that they begin with. */
const ENTRIES = { Function: 'refresher/handler.ts', DeploymentFunction: 'deployment/handler.ts' } as const;
export type FunctionName = keyof typeof ENTRIES;

export interface Material {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  readonly functions: readonly FunctionName[];
}

export interface Bundle {
  readonly code: string;
  readonly metafile: Metafile;
}

/** Bundles a function as the app does. A test compares the code byte by byte with what the app would upload. */
export async function bundle(name: FunctionName): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`lambda/${ENTRIES[name]}`],
    outfile: 'index.mjs',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    alias: { '@aws-sdk/credential-provider-node': join(root, 'lambda/shared/environment-credentials.ts') },
  });
  return { code: outputFiles[0]?.text ?? '', metafile };
}

/** The packages of which something is in a bundle, in the order of their names. */
export async function listMaterials(bundles: ReadonlyMap<FunctionName, Bundle>): Promise<Material[]> {
  const users = new Map<string, Set<FunctionName>>();
  for (const [functionName, { metafile }] of bundles)
    for (const directory of packageDirectories(metafile))
      users.set(directory, (users.get(directory) ?? new Set()).add(functionName));
  const materials = await Promise.all(
    [...users].map(async ([directory, functions]) => ({
      ...(await readPackage(directory)),
      functions: [...functions],
    })),
  );
  return materials.toSorted((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

export function renderMaterials(materials: readonly Material[]): string {
  const mark = (material: Material, name: FunctionName) => (material.functions.includes(name) ? '✓' : '');
  return [
    '| package | version | license | refresher | deployment |',
    '| --- | --- | --- | --- | --- |',
    ...materials.map(
      (material) =>
        `| ${material.name} | ${material.version} | ${material.license} | ${mark(material, 'Function')} | ${mark(material, 'DeploymentFunction')} |`,
    ),
  ].join('\n');
}

function packageDirectories({ outputs }: Metafile): Set<string> {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const directories = used.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return new Set(directories);
}

async function readPackage(directory: string): Promise<Pick<Material, 'name' | 'version' | 'license'>> {
  const text = await readFile(join(root, directory, 'package.json'), 'utf8');
  const { name, version, license } = JSON.parse(text) as Readonly<Record<string, string | undefined>>;
  if (name === undefined || version === undefined) throw new Error(`${directory} has no name or version`);
  return { name, version, license: license ?? 'UNKNOWN' };
}
