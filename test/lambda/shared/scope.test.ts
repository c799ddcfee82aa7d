import { expect, test } from 'vitest';
import { isScope } from '../../../lambda/shared/scope.ts';

test.for(['read', 'travel:read travel:write', 'https://api.example.com/.default', '!#[]~'])(
  '%j is a scope',
  (text) => {
    expect(isScope(text)).toBe(true);
  },
);

test.for(['', ' read', 'read ', 'read  write', 'a\tb', 'a\nb', '"read"', 'a\\b', 'läsen', '\u001b[2J'])(
  '%j is not a scope',
  (text) => {
    expect(isScope(text)).toBe(false);
  },
);
