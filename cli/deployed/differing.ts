/** Those of the named properties that the template gives and that are otherwise now. */
export function differing<Name extends string>(
  names: readonly Name[],
  properties: Readonly<Record<string, unknown>>,
  live: object,
): readonly Name[] {
  const actual: Readonly<Record<string, unknown>> = { ...live };
  return names.filter((name) => properties[name] !== undefined && actual[name] !== properties[name]);
}
