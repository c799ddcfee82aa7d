import { isDeepStrictEqual } from 'node:util';

/** @throws Error with the value found and the value expected if they differ */
export function expectEqual<Value>(what: string, found: Value, expected: Value): void {
  if (isDeepStrictEqual(found, expected)) return;
  throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

/** @throws Error with `what` unless the condition holds */
export function expectThat(what: string, holds: boolean): void {
  if (!holds) throw new Error(what);
}
