/** Characters. A longer value is cut, so that a problem stays one readable line. */
const LONGEST_SHOWN = 120;

const MAY_HOLD_SECRET: ReadonlySet<string> = new Set([
  'credentials',
  'credentialFields',
  'extraParameters',
  'environment',
  'refreshers',
]);

/** Values that hold nothing to hide. */
const EMPTY: Readonly<Record<string, string>> = {
  null: 'null',
  '""': '""',
  '{}': 'an empty object',
  '[]': 'an empty list',
};

/** A problem with an object, such as the tags. */
export interface EntryProblem {
  /** The entry. Undefined: the object as a whole. */
  readonly key?: string;
  /** A problem with a name does not depend on the value. */
  readonly about: 'name' | 'value';
  readonly text: string;
}

/** One line: where the problem is, what was found, and what is allowed. `rule` says the latter, in a main clause. */
export function problemLine(path: string, property: string, value: unknown, rule: string): string {
  const found = value === undefined ? 'missing' : `found ${shown(property, value)}`;
  return `${path}: ${found}; ${rule}`;
}

/** The lines of an object's problems. */
export function entryProblemLines(
  path: string,
  property: string,
  values: Readonly<Record<string, unknown>>,
  problems: readonly EntryProblem[],
): string[] {
  return problems.map(({ key, about, text }) => {
    const place = key === undefined ? path : entryPath(path, key);
    if (about === 'name') return `${place}: ${text}`;
    return problemLine(place, property, key === undefined ? values : values[key], text);
  });
}

/** The path of an entry, as JavaScript writes it. */
export function entryPath(path: string, key: PropertyKey): string {
  if (typeof key === 'string' && /^[\w-]+$/.test(key)) return `${path}.${key}`;
  return `${path}[${typeof key === 'string' ? JSON.stringify(key) : String(key)}]`;
}

/** How an error shows a value. It hides a value that may contain a secret by mistake. */
function shown(property: string, value: unknown): string {
  const text = JSON.stringify(value);
  const empty = EMPTY[text];
  if (empty !== undefined) return empty;
  if (MAY_HOLD_SECRET.has(property) || (property === 'tokenUrl' && /[@?]/.test(text)))
    return 'a value that is not shown because it may contain a secret';
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
