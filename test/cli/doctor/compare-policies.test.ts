import { describe, expect, test } from 'vitest';
import { covers } from '../../../cli/doctor/compare-policies.ts';

const statement = {
  Effect: 'Allow',
  Action: ['a:B', 'a:C'],
  Resource: ['x'],
  Condition: { Bool: { 'a:b': 'true' } },
};
const document = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements });

describe('a live policy', () => {
  test.for<[string, object, boolean]>([
    ['covers the template if it is the same', document(statement), true],
    [
      'covers the template if only the order and the single-item lists differ',
      { Statement: { ...statement, Action: ['a:C', 'a:B'], Resource: 'x' } },
      true,
    ],
    [
      'covers the template if an item is repeated',
      document({ ...statement, Action: ['a:B', 'a:C', 'a:B'], Resource: ['x', 'x'] }),
      true,
    ],
    [
      'covers the template if it grants more',
      document({ Effect: 'Allow', Action: '*', Resource: '*' }, statement),
      true,
    ],
    ['does not cover the template if it is empty', document(), false],
    ['does not cover the template if it lacks an action', document({ ...statement, Action: 'a:B' }), false],
    ['does not cover the template if its resource differs', document({ ...statement, Resource: 'y' }), false],
    [
      'does not cover the template if its condition differs',
      document({ ...statement, Condition: {} }),
      false,
    ],
  ])('%s', ([, live, expected]) => {
    expect(covers(JSON.stringify(live), document(statement))).toBe(expected);
  });

  test('may lack statements that are only partly known from the template', () => {
    expect(covers('{}', document({ ...statement, Resource: undefined }))).toBe(true);
  });

  test('covers nothing if it does not exist', () => {
    expect(covers(undefined, document(statement))).toBe(false);
  });
});
