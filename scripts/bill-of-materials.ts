import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionBundle } from '../infra/construct/bundle-function.ts';
import type { FunctionName } from '../infra/construct/bundling.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface Material {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  readonly functions: readonly FunctionName[];
}

/** Lists the packages in the bundles, sorted by name. */
export async function listMaterials(bundles: ReadonlyMap<FunctionName, FunctionBundle>): Promise<Material[]> {
  const users = new Map<string, Set<FunctionName>>();
  for (const [functionName, bundle] of bundles)
    for (const directory of packageDirectories(bundle))
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

function packageDirectories({ outputs }: FunctionBundle): Set<string> {
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
