import { canonical } from './canonical.ts';
import { isComplete } from './template.ts';

/** Those of the named properties that the template gives and that are otherwise now. What it gives only in part counts as equal. */
export function differing<Name extends string>(
  names: readonly Name[],
  properties: Readonly<Record<string, unknown>>,
  live: object,
): readonly Name[] {
  const actual: Readonly<Record<string, unknown>> = { ...live };
  return names.filter(
    (name) =>
      properties[name] !== undefined &&
      isComplete(properties[name]) &&
      canonical(actual[name]) !== canonical(properties[name]),
  );
}
