import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FIGURES } from '../../bench/figures.ts';
import { runInterleaved } from '../../bench/support/experiment.ts';
import { evaluate, type Figure, violation } from '../../bench/support/figure.ts';
import { renderFigures } from '../../bench/support/render-figures.ts';

const page = await readFile(fileURLToPath(new URL('../../docs/performance.md', import.meta.url)), 'utf8');
const [, written = ''] = /<!-- figures -->\n([\s\S]*?)\n<!-- \/figures -->/.exec(page) ?? [];

/** The measured value is in the third column. */
const withoutValues = (markdown: string) =>
  markdown
    .split('\n')
    .map((line) =>
      line.replace(
        /^((?:\|[^|]*){2}\|) \d+\.\d+( MB| KB| ms)?(?:, above the bound)? (\|.*)$/,
        '$1 measured$2 $3',
      ),
    );

test('the table of docs/performance.md has the rows and bounds that npm run bench writes', () => {
  const rendered = renderFigures(FIGURES.map((figure) => [figure, 1]));
  expect(withoutValues(written)).toEqual(withoutValues(rendered));
});

test('a row of docs/performance.md that is above its bound says so, and no other', () => {
  const rows = written.split('\n').slice(2);
  expect(rows).toHaveLength(FIGURES.length);
  for (const row of rows) {
    const [, , , measured = '', atMost = ''] = row.split('|');
    expect([row, measured.endsWith(', above the bound ')]).toEqual([
      row,
      Number.parseFloat(measured) > Number.parseFloat(atMost),
    ]);
  }
});

const samples = new Map([
  ['ours', [{ elapsed: 6 }, { elapsed: 2 }, { elapsed: 3 }]],
  ['theirs', [{ elapsed: 4 }, { elapsed: 8 }, { elapsed: 90 }]],
]);
const experimentOf = (counts: 'least' | 'median') => ({ rounds: 3, counts, prepare: async () => ({}) });
const figureOf = (counts: 'least' | 'median', more: Partial<Figure>): Figure => ({
  what: 'A read',
  of: [experimentOf(counts), 'elapsed', 'ours'],
  atMost: 0.5,
  ...more,
});
const than = { contender: 'theirs', name: 'another read' };

test.for([
  { title: 'the ratio of the least values', figure: figureOf('least', { than }), value: 0.5 },
  { title: 'the ratio of the medians', figure: figureOf('median', { than }), value: 0.375 },
  { title: 'the least value in its unit', figure: figureOf('least', { unit: 'KB' }), value: 0.002 },
  {
    title: 'not a number if nothing was measured',
    figure: figureOf('least', { of: [experimentOf('least'), 'elapsed', 'nobody'] }),
    value: Number.NaN,
  },
])('a figure is $title', ({ figure, value }) => {
  expect(evaluate(figure, samples)).toBe(value);
});

test.for([
  { title: 'within its bound', value: 0.5, problem: undefined },
  {
    title: 'above its bound',
    value: 0.51,
    problem: 'A read: measured 0.51 of another read, allowed at most 0.50.',
  },
  {
    title: 'not a number',
    value: Number.NaN,
    problem: 'A read: measured NaN of another read, allowed at most 0.50.',
  },
])('npm run bench says $problem for a figure that is $title', ({ value, problem }) => {
  expect(violation(figureOf('least', { than }), value)).toBe(problem);
});

test('each round of an experiment runs every contender once, and starts with another one', async () => {
  const runs: string[] = [];
  const contender = (name: string) => async () => ({ run: runs.push(name) });
  const measured = await runInterleaved({ a: contender('a'), b: contender('b') }, 3);
  expect(runs).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  expect(measured.get('b')).toEqual([{ run: 2 }, { run: 3 }, { run: 6 }]);
});
