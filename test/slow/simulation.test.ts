import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { replaceSection } from '../../scripts/replace-section.ts';
import { drawPicture } from '../../simulate/picture.ts';
import { runAll, SEED } from '../../simulate/run-all.ts';
import { renderSection } from '../../simulate/tables.ts';

const read = (name: string) => readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

// Takes a minute on an idle machine.
const { columns, expectations } = await runAll(SEED);

test.for(expectations)('$text', ({ figure, holds }) => {
  expect({ figure, holds }).toMatchObject({ holds: true });
});

test('docs/reliability.md and its picture show the figures of this code (npm run simulate)', async () => {
  const page = await read('reliability.md');
  expect(page).toBe(replaceSection(page, 'simulation', renderSection(columns, expectations)));
  expect(await read('reliability.svg')).toBe(drawPicture(columns));
});
