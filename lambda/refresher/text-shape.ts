import { parseJsonObject } from '../shared/json.ts';

/** What a text is, for a message. The answer never quotes the text, which may hold a secret. */
export function shapeOfText(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return 'empty text';
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed);
  } catch {
    return shapeOfOtherText(trimmed);
  }
  if (typeof parsed === 'string' && parseJsonObject(parsed) !== undefined)
    return 'a JSON string that holds a JSON object';
  return shapeOfJson(parsed);
}

/** The type of a JSON value, for a message. */
export function shapeOfJson(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a JSON array';
  return `a JSON ${typeof value}`;
}

/** Text that is not JSON, by how it begins. The first shape that fits counts. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/^[{[]/, 'text that begins like JSON, but is not valid JSON'],
  [/^<(!doctype html|html)/i, 'HTML'],
  [/^</, 'HTML or XML'],
  [/^-----BEGIN /, 'a PEM block'],
  [/^[\w.-]+=[^\s&]*(&[\w.-]+=[^\s&]*)+$/, 'form data'],
  [/^(export )?[\w.-]+ *(=|: )/, 'text with names and values that is not JSON'],
];

function shapeOfOtherText(text: string): string {
  return SHAPES.find(([pattern]) => pattern.test(text))?.[1] ?? 'plain text';
}
