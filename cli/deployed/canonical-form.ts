/** Gives equivalent values the same text. Order and repeated items do not count, and a list with one item equals the item. */
export function canonicalForm(value: unknown): string {
  if (Array.isArray(value)) {
    const items = [...new Set(value.map(canonicalForm))].toSorted();
    return items.length === 1 ? (items[0] ?? '') : `[${items.join()}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const fields = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonicalForm(item)}`);
  return `{${fields.toSorted().join()}}`;
}
