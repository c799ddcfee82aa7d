import { expect, test } from 'vitest';
import { changedProperties } from '../../../cli/deployed/changed-properties.ts';

const dimensions = [
  { Name: 'service', Value: 'token-refresher' },
  { Name: 'parameter', Value: '/a' },
];

test.for<[string, unknown, unknown, boolean]>([
  ['the same number is unchanged', 900, 900, false],
  ['another number is a change', 900, 0, true],
  ['the same list in another order is unchanged', dimensions, dimensions.toReversed(), false],
  ['a list that lacks an item is a change', dimensions, dimensions.slice(1), true],
  ['an empty list of actions is a change', ['arn:topic'], [], true],
  ['another action is a change', ['arn:topic'], ['arn:other'], true],
  ['a missing value is a change', ['arn:topic'], undefined, true],
  ['a value that is only partly known from the template is skipped', [undefined], ['arn:topic'], false],
  ['a value that the template lacks is skipped', undefined, 900, false],
])('%s', ([, declared, live, expected]) => {
  const found = changedProperties(['Property'], { Property: declared }, { Property: live });
  expect(found).toEqual(expected ? ['Property'] : []);
});
