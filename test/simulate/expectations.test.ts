import { expect, test } from 'vitest';
import { type Column, ROWS } from '../../simulate/aggregate.ts';
import { expectationsOf } from '../../simulate/expectations.ts';
import { CLASSES, GROUPS } from '../../simulate/scenarios.ts';

const MINUTE = 60_000;
const ALL = [...CLASSES.map(({ name }) => name), ...Object.values(GROUPS)];
const [, , WITHIN = '', BEYOND = ''] = CLASSES.map(({ name }) => name);

type Change = (column: Column) => Column;
const keep: Change = (column) => column;

/** Columns of which every expectation holds, but for one change in the column of a group. */
function columnsWith(group: string, change: Change): readonly Column[] {
  return ALL.map((name) => {
    const isShort = CLASSES.slice(0, 3).some((one) => one.name === name);
    const column: Column = {
      ...{ group: name, days: 1 },
      outcomes: ROWS.map((_row, index) => ({
        badShare: index < 2 ? 0 : 0.1,
        ...{ longestGap: 0, requestsPerDay: 48, leastPerDay: 48 },
      })),
      outages: [isShort ? { length: 20 * MINUTE, gap: 0 } : { length: 40 * MINUTE, gap: 16 * MINUTE }],
    };
    return name === group ? change(column) : column;
  });
}

const broken = (group: string, change: Change) =>
  expectationsOf(columnsWith(group, change)).flatMap(({ holds }, index) => (holds ? [] : [index]));
const outages =
  (length: number, gap: number): Change =>
  (column) => ({ ...column, outages: [{ length, gap }] });
const row =
  (changed: number, change: object): Change =>
  (column) => ({
    ...column,
    outcomes: column.outcomes.map((outcome, index) =>
      index === changed ? { ...outcome, ...change } : outcome,
    ),
  });

test.for<readonly [what: string, group: string, change: Change, broken: readonly number[]]>([
  ['every figure is in order', WITHIN, keep, []],
  ['a second is left after an outage within the bound', WITHIN, outages(27 * MINUTE, 1_000), [0]],
  [
    'an outage just beyond the bound leaves a gap of one attempt',
    BEYOND,
    outages(28 * MINUTE, 4 * MINUTE),
    [],
  ],
  ['a longer outage leaves more than one attempt', BEYOND, outages(28 * MINUTE, 4 * MINUTE + 1), [1]],
  ['a call with get() fails after an outage within the bound', WITHIN, row(1, { badShare: 1e-6 }), [2]],
  [
    'a healthy day takes 1.05 times the least token requests',
    GROUPS.healthy,
    row(0, { requestsPerDay: 50.4 }),
    [],
  ],
  ['a healthy day takes more token requests', GROUPS.healthy, row(0, { requestsPerDay: 50.5 }), [3]],
  [
    'get() returns a revoked token in one of 200 calls',
    GROUPS.revokingWithSetting,
    row(1, { badShare: 0.005 }),
    [4],
  ],
  ['fetch fails with a revoked token', GROUPS.revokingWithSetting, row(0, { badShare: 1e-6 }), [5]],
  ['another strategy is as good', GROUPS.hard, row(4, { badShare: 0 }), [6]],
])('if %s, the right expectation fails or none', ([, group, change, expected]) => {
  expect(broken(group, change)).toEqual(expected);
});
