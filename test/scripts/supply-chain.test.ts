import { readdir, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { bundleFunction, type FunctionBundle } from '../../infra/construct/bundle-function.ts';
import type { FunctionName } from '../../infra/construct/bundling.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { listMaterials, type Material } from '../../scripts/bill-of-materials.ts';
import { type GeneratedSection, renderDocuments } from '../../scripts/documents.ts';
import { replaceSection } from '../../scripts/replace-section.ts';
import { vulnerableMaterials } from '../../scripts/vulnerable-materials.ts';

const read = (file: string) => readFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  /** Whether it is part of another package and covered by its hash. */
  readonly inBundle?: boolean;
}
const lock = JSON.parse(await read('package-lock.json')) as { packages: Record<string, LockedPackage> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('an installed package', () => {
  test('comes from the registry and is locked by the hash of its content', () => {
    expect(locked.length).toBeGreaterThan(50);
    for (const [path, { resolved, integrity, inBundle }] of locked) {
      if (inBundle === true) continue;
      if (resolved !== undefined) expect(resolved).toMatch(/^https:\/\/registry\.npmjs\.org\//);
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
    }
  });

  test('has an exact version unless it is a peer dependency', () => {
    for (const [name, version] of Object.entries(packageJson.devDependencies))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });

  test('runs install scripts only if they are allowed by name', async () => {
    const withScripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = withScripts.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect([...new Set(names)].sort()).toEqual(Object.keys(packageJson.allowScripts).sort());
    expect(await read('.npmrc')).toContain('strict-allow-scripts=true');
  });
});

describe('the actions of continuous integration', () => {
  test('are pinned to commits, and may only read the repository', async () => {
    const workflow = await read('.github/workflows/ci.yml');
    const used = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    expect(used.length).toBeGreaterThan(1);
    for (const action of used) expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40}$/);
    expect(workflow.match(/^ *permissions:\n(?: +.*\n)+/gm)).toEqual(['permissions:\n  contents: read\n']);
  });
});

describe('a bundle', () => {
  const bundles = new Map<FunctionName, FunctionBundle>();
  let materials: readonly Material[];
  let documents: readonly GeneratedSection[];
  beforeAll(async () => {
    for (const name of ['Function', 'DeploymentFunction'] as const) bundles.set(name, bundleFunction(name));
    materials = await listMaterials(bundles);
    documents = await renderDocuments(inject('deployable').outdir);
  });

  test.for([
    ['Function', 'module'],
    ['DeploymentFunction', 'deploymentModule'],
  ] as const)('of the %s is the same as in the deployment', async ([name, module]) => {
    const directory = dirname(inject('deployable')[module]);
    const files = bundles.get(name)?.files ?? new Map<string, Uint8Array>();
    expect((await readdir(directory)).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [file, content] of files)
      expect((await readFile(join(directory, file))).equals(content)).toBe(true);
  });

  test('contains only packages that the bill of materials lists, with permissive licenses', async () => {
    const listed = await read('docs/bill-of-materials.md');
    expect(materials.length).toBeGreaterThan(5);
    for (const { name, version, license } of materials) {
      expect(listed).toContain(`| ${name} | ${version} | ${license} |`);
      expect(['Apache-2.0', 'MIT', 'MIT-0']).toContain(license);
    }
  });

  test('imports only built-in modules of Node.js', () => {
    for (const { outputs } of bundles.values()) {
      const imports = Object.values(outputs).flatMap((output) => output.imports);
      const external = imports.filter((found) => found.external === true).map(({ path }) => path);
      expect(external.filter((path) => !builtinModules.includes(path.replace(/^node:/, '')))).toEqual([]);
    }
  });

  test.for(['permissions', 'findings', 'materials', 'providers', 'unsupported-providers', 'ways', 'faults'])(
    'matches the generated section on %s',
    async (wanted) => {
      const { file, section, content } = documents.find(({ section }) => section === wanted) ?? ({} as never);
      const document = await read(file);
      // If this fails, run `npm run docs` and review the changes.
      expect(document).toBe(replaceSection(document, section, content));
    },
  );
});

describe('the audit of the bundles', () => {
  const materials =
    '| package | version |\n| --- | --- |\n| @aws-sdk/core | 1.0.0 |\n| oauth4webapi | 3.8.8 |\n';

  test('reports a package of a bundle, and ignores tools', () => {
    const vulnerabilities = {
      vitest: { severity: 'high', via: [{ title: 'of a tool' }] },
      oauth4webapi: { severity: 'low', via: [{ title: 'of a bundle' }, 'jose'] },
    };
    expect(vulnerableMaterials({ vulnerabilities }, materials)).toEqual([
      { name: 'oauth4webapi', severity: 'low', titles: ['of a bundle', 'through jose'] },
    ]);
  });

  test('fails if the registry did not answer', () => {
    expect(() => vulnerableMaterials({}, materials)).toThrow(/did not answer/);
  });
});
