import { expect, test } from 'vitest';
import { releaseProblems } from '../../scripts/release-problems.ts';

const ready = {
  version: '1.2.3',
  repository: { type: 'git', url: 'git+https://github.com/example/token-refresher.git' },
  homepage: 'https://github.com/example/token-refresher#readme',
  bugs: 'https://github.com/example/token-refresher/issues',
  author: 'Example',
};

test('a package with its own addresses can be released from the tag of its version', () => {
  expect(releaseProblems('v1.2.3', ready)).toEqual([]);
});

test.for(['v1.2.4', '1.2.3', 'v1.2.3-rc.1', ''])('the tag "%s" does not release version 1.2.3', (tag) => {
  expect(releaseProblems(tag, ready)).toEqual([expect.stringContaining('1.2.3')]);
});

test.for(['repository', 'homepage', 'bugs', 'author'])('a placeholder in %s stops the release', (field) => {
  const placeholder = { ...ready, [field]: 'https://github.com/OWNER/token-refresher' };
  expect(releaseProblems('v1.2.3', placeholder)).toEqual([expect.stringContaining(field)]);
});

test.for(['repository', 'homepage', 'bugs', 'author'])('a missing %s stops the release', (field) => {
  const missing = { ...ready, [field]: undefined };
  expect(releaseProblems('v1.2.3', missing)).toEqual([expect.stringContaining(field)]);
});
