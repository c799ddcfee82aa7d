/** `npm run bench`: measures all figures, writes them to docs/performance.md, and fails if one is above its bound. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaceSection } from '../scripts/replace-section.ts';
import { FIGURES } from './figures.ts';
import { linkPackages } from './support/bundles.ts';
import { startBenchCloud } from './support/cloud.ts';
import { type Experiment, runInterleaved, type Samples } from './support/experiment.ts';
import { evaluate, type Figure, violation } from './support/figure.ts';
import { renderFigures } from './support/render-figures.ts';

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

const directory = await mkdtemp(join(tmpdir(), 'token-refresher-bench-'));
await linkPackages(directory);
const cloud = await startBenchCloud(directory);
const results = new Map<Experiment, Samples>();
const measured: [Figure, number][] = [];
for (const figure of FIGURES) {
  const [experiment] = figure.of;
  const samples =
    results.get(experiment) ??
    (await runInterleaved(await experiment.prepare({ cloud, directory }), experiment.rounds));
  results.set(experiment, samples);
  measured.push([figure, evaluate(figure, samples)]);
}
await cloud.close();
await rm(directory, { recursive: true });

const figures = renderFigures(measured);
console.log(figures);
await writeFile(page, replaceSection(await readFile(page, 'utf8'), 'figures', figures));
for (const [figure, value] of measured) {
  const problem = violation(figure, value);
  if (problem === undefined) continue;
  console.error(problem);
  process.exitCode = 1;
}
