import { parseJsonObject } from '../../lambda/shared/json.ts';
import { canonicalForm } from '../deployed/canonical-form.ts';
import { isComplete } from '../deployed/template.ts';

/** Whether the live policy has every statement of the template. Skips statements with unknown parts. */
export function covers(live: string | undefined, document: unknown): boolean {
  const actual = new Set(statementsOf(parseJsonObject(live ?? '')).map(canonicalForm));
  return statementsOf(document).every(
    (statement) => !isComplete(statement) || actual.has(canonicalForm(statement)),
  );
}

function statementsOf(document: unknown): readonly unknown[] {
  const { Statement: statement = [] } = (document ?? {}) as { Statement?: unknown };
  return Array.isArray(statement) ? statement : [statement];
}
