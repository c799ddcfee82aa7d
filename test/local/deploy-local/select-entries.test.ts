import { expect, test } from 'vitest';
import { selectEntries } from '../../../local/deploy-local/select-entries.ts';

test.for<[args: string[], known: string[], selected: string[]]>([
  [[], ['a'], ['a']],
  [['b'], ['a', 'b', 'c'], ['b']],
  [
    ['c', 'a', 'c'],
    ['a', 'b', 'c'],
    ['c', 'a'],
  ],
  [['--all'], ['a', 'b'], ['a', 'b']],
])('deploy:local with %j deploys, of %j, %j', ([args, known, selected]) => {
  expect(selectEntries(args, known)).toEqual(selected);
});

test.for<[args: string[], message: RegExp]>([
  [[], /^cdk\.json has 2 refreshers, and none is named\. .*: a, b\. .*<name>.*--all$/],
  [['x', 'a', 'y'], /^cdk\.json has no refresher x, y\. cdk\.json has: a, b\./],
  [['a', '--all'], /^Give names or --all, not both\./],
  [['--nonsense'], /'--nonsense'.*Use: npm run deploy:local -- <name>/s],
])('deploy:local with %j of two entries says what to type', ([args, message]) => {
  expect(() => selectEntries(args, ['a', 'b'])).toThrow(message);
});
