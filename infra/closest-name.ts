import { distance } from 'fastest-levenshtein';

/** The share of a name's characters that may differ, so that a short name is not taken for another short one. */
const MOST_DIFFERENCES = 0.4;
const MOST_EDITS = 3;

/** The name that was probably meant. Case and separators do not count: `token_url` means `tokenUrl`. */
export function closestName(name: string, names: readonly string[]): string | undefined {
  const written = letters(name);
  const [best] = names
    .map((candidate) => ({ candidate, edits: distance(written, letters(candidate)) }))
    .filter(
      ({ candidate, edits }) =>
        edits <= Math.min(MOST_EDITS, MOST_DIFFERENCES * Math.max(written.length, letters(candidate).length)),
    )
    .sort((a, b) => a.edits - b.edits);
  return best?.candidate;
}

/** Whether two names differ in case and separators alone. */
export function isSameName(name: string, other: string): boolean {
  return letters(name) === letters(other);
}

function letters(name: string): string {
  return name.replaceAll(/[^a-z0-9]/gi, '').toLowerCase();
}
