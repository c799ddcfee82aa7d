import { canonicalForm } from './canonical-form.ts';
import { isComplete } from './template.ts';

/** The named properties whose live value differs from the template. Skips properties with unknown parts. */
export function changedProperties<Name extends string>(
  names: readonly Name[],
  properties: Readonly<Record<string, unknown>>,
  live: object,
): readonly Name[] {
  const actual: Readonly<Record<string, unknown>> = { ...live };
  return names.filter(
    (name) =>
      properties[name] !== undefined &&
      isComplete(properties[name]) &&
      canonicalForm(actual[name]) !== canonicalForm(properties[name]),
  );
}
