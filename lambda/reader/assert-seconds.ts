/** @throws TypeError if the value is not a number of seconds, from 0 to `most` */
export function assertSeconds(name: string, value: number, most = Number.MAX_VALUE): void {
  if (typeof value === 'number' && value >= 0 && value <= most) return;
  const allowed = most === Number.MAX_VALUE ? '0 or more' : `0 to ${most}`;
  throw new TypeError(`${name} must be a number of seconds, ${allowed}, got ${String(value)}`);
}
