import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { FunctionName } from '../../infra/construct/bundling.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { type Bundle, bundle, listMaterials, type Material } from '../../scripts/bill-of-materials.ts';
import { type GeneratedSection, renderDocuments, replaceSection } from '../../scripts/documents.ts';
import { vulnerableMaterials } from '../../scripts/vulnerable-materials.ts';

const read = (file: string) => readFile(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  /** Comes inside another package, under that one's hash. */
  readonly inBundle?: boolean;
}
const lock = JSON.parse(await read('package-lock.json')) as { packages: Record<string, LockedPackage> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');

describe('what is installed', () => {
  test('is locked: every package by the hash of its content, and none from elsewhere than the registry', () => {
    expect(locked.length).toBeGreaterThan(50);
    for (const [path, { resolved, integrity, inBundle }] of locked) {
      if (inBundle === true) continue;
      if (resolved !== undefined) expect(resolved).toMatch(/^https:\/\/registry\.npmjs\.org\//);
      expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-/)]);
    }
  });

  test('is named by exact versions, but for what an app brings along', () => {
    for (const [name, version] of Object.entries(packageJson.devDependencies))
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });

  test('runs scripts only where they are allowed by name', async () => {
    const withScripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = withScripts.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect([...new Set(names)].sort()).toEqual(Object.keys(packageJson.allowScripts).sort());
    expect(await read('.npmrc')).toContain('strict-allow-scripts=true');
  });
});

describe('what continuous integration runs', () => {
  test('is pinned to commits', async () => {
    const workflow = await read('.github/workflows/ci.yml');
    const used = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    expect(used.length).toBeGreaterThan(1);
    for (const action of used) expect(action).toMatch(/^[\w/-]+@[0-9a-f]{40}$/);
    // May read the repository, and nothing else.
    expect(workflow.match(/^ *permissions:\n(?: +.*\n)+/gm)).toEqual(['permissions:\n  contents: read\n']);
  });
});

describe('what is deployed', () => {
  const bundles = new Map<FunctionName, Bundle>();
  let materials: readonly Material[];
  let documents: readonly GeneratedSection[];
  beforeAll(async () => {
    for (const name of ['Function', 'DeploymentFunction'] as const) bundles.set(name, await bundle(name));
    materials = await listMaterials(bundles);
    documents = await renderDocuments(inject('deployable').outdir);
  });

  test.for([
    ['Function', 'module'],
    ['DeploymentFunction', 'deploymentModule'],
  ] as const)('is, in the %s, the very bundle that is examined here', async ([name, module]) => {
    const deployed = await readFile(inject('deployable')[module], 'utf8');
    expect(deployed === bundles.get(name)?.code).toBe(true);
  });

  test('holds no package that the bill of materials does not list, and only licenses that ask for nothing', async () => {
    const listed = await read('docs/bill-of-materials.md');
    expect(materials.length).toBeGreaterThan(5);
    for (const { name, version, license } of materials) {
      expect(listed).toContain(`| ${name} | ${version} | ${license} |`);
      expect(['Apache-2.0', 'MIT', 'MIT-0']).toContain(license);
    }
  });

  test('leaves nothing to be loaded when it runs but what Node.js has', () => {
    for (const { metafile } of bundles.values()) {
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
      const external = imports.filter((found) => found.external === true).map(({ path }) => path);
      expect(external.filter((path) => !builtinModules.includes(path.replace(/^node:/, '')))).toEqual([]);
    }
  });

  test.for(['permissions', 'findings', 'materials'])('is what the documents say: %s', async (wanted) => {
    const { file, section, content } = documents.find(({ section }) => section === wanted) ?? ({} as never);
    const document = await read(file);
    // Where this fails, `npm run docs` writes the section anew; what it changes is to be reviewed.
    expect(document).toBe(replaceSection(document, section, content));
  });
});

describe('the audit of the bundles', () => {
  const materials =
    '| package | version |\n| --- | --- |\n| @aws-sdk/core | 1.0.0 |\n| oauth4webapi | 3.8.8 |\n';

  test('finds a package of a bundle, and leaves tools alone', () => {
    const vulnerabilities = {
      vitest: { severity: 'high', via: [{ title: 'of a tool' }] },
      oauth4webapi: { severity: 'low', via: [{ title: 'of a bundle' }, 'jose'] },
    };
    expect(vulnerableMaterials({ vulnerabilities }, materials)).toEqual([
      { name: 'oauth4webapi', severity: 'low', titles: ['of a bundle', 'through jose'] },
    ]);
  });

  test('does not take silence for good news', () => {
    expect(() => vulnerableMaterials({}, materials)).toThrow(/no answer/);
  });
});
