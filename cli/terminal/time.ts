const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** At most two units, such as `1 h 5 min`, `42 min` or `9 s`. From 10 minutes on, seconds are left out. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first === -1) return '0 s';
  const [[unit, size], next] = [UNITS[first], UNITS[first + 1]] as [
    (typeof UNITS)[number],
    (typeof UNITS)[number]?,
  ];
  const count = Math.floor(whole / size);
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[1]);
  return rest === 0 || next === undefined || (unit === 'min' && count >= 10)
    ? `${count} ${unit}`
    : `${count} ${unit} ${rest} ${next[0]}`;
}

/** Formats Unix seconds as `2031-03-04 21:15:00 UTC`. */
export function instant(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
