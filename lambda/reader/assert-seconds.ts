/** @throws TypeError if the value is not a number of seconds, 0 or more */
export function assertSeconds(name: string, value: number): void {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return;
  throw new TypeError(`${name} must be a number of seconds, 0 or more, got ${String(value)}`);
}
