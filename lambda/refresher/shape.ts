import { parseJsonObject } from '../shared/json.ts';

/** The type of a JSON value, for a message: "it is …". Tells nothing about a value that may be a secret. */
export function typeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The type and the size of a JSON value in an answer, for a message: "it is …". Never the value itself. */
export function shapeOf(value: unknown): string {
  if (value === '') return 'an empty string';
  if (typeof value === 'string') return `a string of ${count(value.length, 'character')}`;
  return typeof value === 'number' ? shapeOfNumber(value) : typeOf(value);
}

function shapeOfNumber(value: number): string {
  if (value === 0) return '0';
  // Stryker disable next-line EqualityOperator: 0 was handled before
  if (value < 0) return 'a negative number';
  if (!Number.isFinite(value)) return 'a number beyond all bounds';
  if (value < 1) return 'a number below 1';
  return `a number of ${count(Math.floor(Math.log10(value)) + 1, 'digit')}`;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}

/** Text that is not JSON, by how it begins. The first shape that fits counts. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^[{[]/, 'invalid JSON'],
  [/^<(!doctype\s+html|html|head|body)\b/i, 'HTML'],
  [/^</, 'XML'],
  [/^-----BEGIN /, 'a PEM block'],
  [/^eyJ[\w-]*\./, 'a JWT'],
  [/^[\w.-]+=[^\s&]*(&[\w.-]+=[^\s&]*)+$/, 'form data'],
  [/^(export )?[\w.-]+ *(=|: )/, 'text with names and values'],
];

/** What a body or a secret is, for a message: "it is …". Never quotes it or tells its length: it may hold a secret. */
export function shapeOfText(text: string): string {
  // Also removes a byte order mark.
  const trimmed = text.trim();
  if (trimmed === '') return 'empty text';
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed);
  } catch {
    return BEGINNINGS.find(([pattern]) => pattern.test(trimmed))?.[1] ?? 'plain text';
  }
  if (typeof parsed === 'string' && parseJsonObject(parsed) !== undefined)
    return 'a JSON string that holds a JSON object';
  return typeOf(parsed).replace(/an? /, 'a JSON ');
}
