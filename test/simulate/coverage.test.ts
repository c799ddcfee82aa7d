import { expect, test } from 'vitest';
import { createCallCounter } from '../../simulate/calls.ts';
import { gapsOf, gapWithin } from '../../simulate/coverage.ts';

test.for<
  readonly [
    what: string,
    stored: readonly (readonly [at: number, end: number])[],
    gaps: readonly (readonly [number, number])[],
  ]
>([
  [
    'each token is replaced before its end',
    [
      [0, 60],
      [30, 90],
      [60, 120],
    ],
    [],
  ],
  [
    'a token is replaced after its end',
    [
      [0, 60],
      [70, 120],
    ],
    [[60, 70]],
  ],
  ['the last token ends', [[0, 60]], [[60, 100]]],
  [
    'a dead token replaces a good one',
    [
      [0, 60],
      [30, 20],
      [50, 120],
    ],
    [[30, 50]],
  ],
  [
    'two dead tokens follow each other',
    [
      [0, 10],
      [20, 15],
      [40, 120],
    ],
    [[10, 40]],
  ],
])('finds the time without a valid token if %s', ([, stored, gaps]) => {
  const found = gapsOf(
    stored.map(([at, end]) => ({ at, end: () => end })),
    100,
  );
  expect(found.map(({ from, until }) => [from, until])).toEqual(gaps);
});

test('counts the part of a gap that lies within a span', () => {
  expect(
    gapWithin(
      [
        { from: 10, until: 30 },
        { from: 50, until: 60 },
      ],
      20,
      55,
    ),
  ).toBe(15);
});

test('measures a gap from the first bad call of a container to its next good one', () => {
  const counter = createCallCounter();
  const [count, other] = [counter.container(), counter.container()];
  count(0, true, 0);
  count(10, false, 12);
  other(15, true, 15);
  count(20, false, 22);
  count(30, true, 31);
  count(40, false, 45);
  expect(counter.result()).toEqual({ all: 6, bad: 3, longestGap: 20 });
});
