import { expect, test } from 'vitest';
import { grantedScope } from '../../../lambda/refresher/granted-scope.ts';

test.for<[granted: string | undefined, asked: string | undefined, stored: string | undefined]>([
  ['read', 'read', 'read'],
  ['write read', 'read write', 'write read'],
  ['read', 'read write', 'read'],
  ['read admin', 'read write', 'read'],
  ['read read', 'read', 'read'],
  [' read  write ', 'read write', 'read write'],
  ['READ', 'read', undefined],
  ['admin', 'read', undefined],
  ['', 'read', undefined],
  [undefined, 'read', undefined],
  ['read', undefined, undefined],
])('if %j is granted and %j was requested, stores %j', ([granted, asked, stored]) => {
  expect(grantedScope(granted, asked)).toBe(stored);
});
