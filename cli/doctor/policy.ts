import { parseJsonObject } from '../../lambda/json.ts';
import { isComplete } from '../deployed/template.ts';

/**
 * Whether each statement that the template has is in the live policy. A statement of the template's that cannot be told
 * in full counts as there.
 */
export function covers(live: string | undefined, document: unknown): boolean {
  const actual = new Set(statementsOf(parseJsonObject(live ?? '')).map(canonical));
  return statementsOf(document).every(
    (statement) => !isComplete(statement) || actual.has(canonical(statement)),
  );
}

function statementsOf(document: unknown): readonly unknown[] {
  const { Statement: statement = [] } = (document ?? {}) as { Statement?: unknown };
  return Array.isArray(statement) ? statement : [statement];
}

/** One text for all ways to write the same: in any order, and a list of one as the one alone. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map(canonical).toSorted();
    return items.length === 1 ? (items[0] ?? '') : `[${items.join()}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${fields.toSorted().join()}}`;
}
