import { expect, test } from 'vitest';
import { matches } from '../../../cli/deployed/name-pattern.ts';

test.for<[name: string, text: string, fits: boolean]>([
  ['supplier01', 'supplier01', true],
  ['supplier01', 'supplier011', false],
  ['supplier0*', 'supplier01', true],
  ['supplier0*', 'supplier0', true],
  ['supplier0*', 'supplier10', false],
  ['supplier0*', 'my-supplier01', false],
  ['supplier?1', 'supplier01', true],
  ['supplier?', 'supplier01', false],
  ['/travel/*', '/travel/spotnana/token', true],
  ['*/token', '/travel/spotnana/token', true],
  ['a.*', 'abc', false],
  ['a.*', 'a.c', true],
  ['a(b)*', 'a(b)c', true],
])('the name %s given for %s selects it: %s', ([name, text, fits]) => {
  expect(matches(name, text)).toBe(fits);
});
