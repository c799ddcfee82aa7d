import { parseJsonObject } from '../../lambda/shared/json.ts';
import { canonical } from '../deployed/canonical.ts';
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
