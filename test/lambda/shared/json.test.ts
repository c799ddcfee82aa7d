import { expect, test } from 'vitest';
import { parseJsonObject } from '../../../lambda/shared/json.ts';

test.for(['', 'text', '{', 'null', '[]', '[{}]', '"{}"', '1', 'true'])('%j holds no JSON object', (text) => {
  expect(parseJsonObject(text)).toBeUndefined();
});

test('a JSON object has its own fields only', () => {
  const found = parseJsonObject('{"a":{"b":1}}');
  expect({ ...found }).toEqual({ a: { b: 1 } });
  expect(found?.toString).toBeUndefined();
});
