import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'));
const PAGES = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...docs.map((name) => `docs/${name}`),
];
const LONGEST_README_WORDS = 1_200;

const read = (page: string) => readFile(join(root, page), 'utf8');
const readProse = async (page: string) => (await read(page)).replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');

/** The fragments that GitHub gives the headings of a page. */
async function anchorsOf(page: string): Promise<Set<string>> {
  const headings = (await readProse(page)).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

async function linksOf(page: string): Promise<string[]> {
  const targets = [...(await readProse(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

async function isBroken(page: string, link: string): Promise<boolean> {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  const isMissing = await access(join(root, target)).then(
    () => false,
    () => true,
  );
  if (isMissing) return true;
  return anchor !== undefined && !(await anchorsOf(target)).has(anchor);
}

test.for(PAGES)('every link in %s leads to a file and heading that exist', async (page) => {
  const links = await linksOf(page);
  const broken = await Promise.all(links.map(async (link) => ((await isBroken(page, link)) ? [link] : [])));
  expect(broken.flat()).toEqual([]);
});

test('README.md links to every page', async () => {
  const links = await linksOf('README.md');
  expect(PAGES.filter((page) => page !== 'README.md' && !links.includes(page))).toEqual([]);
});

test(`README.md has at most ${LONGEST_README_WORDS} words`, async () => {
  const words = (await read('README.md')).split(/\s+/).filter(Boolean);
  expect(words.length).toBeLessThanOrEqual(LONGEST_README_WORDS);
});
