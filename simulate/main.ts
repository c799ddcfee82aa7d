/**
 * `npm run simulate`: simulates years of faults, and writes the figures to docs/reliability.md and the picture beside it. Fails
 * if an expectation does not hold. `-- --seed 2` shows other years, and writes nothing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { replaceSection } from '../scripts/replace-section.ts';
import { drawPicture } from './picture.ts';
import { runAll, SEED } from './run-all.ts';
import { renderSection } from './tables.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: String(SEED) } } });
const seed = Number(values.seed);
if (!Number.isInteger(seed)) throw new Error(`--seed is "${values.seed}". It must be a whole number.`);
const { columns, expectations } = await runAll(seed, ({ group, days }) =>
  console.error(`${days} days simulated: ${group}`),
);
const section = renderSection(columns, expectations);
console.log(section);
if (seed === SEED) {
  const page = new URL('../docs/reliability.md', import.meta.url);
  await writeFile(page, replaceSection(await readFile(page, 'utf8'), 'simulation', section));
  await writeFile(new URL('../docs/reliability.svg', import.meta.url), drawPicture(columns));
}
for (const { text, figure } of expectations.filter(({ holds }) => !holds)) {
  console.error(`Does not hold: ${text} Simulated: ${figure}`);
  process.exitCode = 1;
}
