/** What kind of JSON value this is, without showing it. Completes "it is …". */
export function shapeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'undefined':
      return 'missing';
    case 'string':
      return value === '' ? 'empty text' : `text of ${count(value.length, 'character')}`;
    case 'number':
      return shapeOfNumber(value);
    case 'boolean':
      return 'true or false';
    default:
      return 'an object';
  }
}

function shapeOfNumber(value: number): string {
  if (value === 0) return '0';
  if (value < 0) return 'a negative number';
  if (!Number.isFinite(value)) return 'a number beyond all bounds';
  if (value < 1) return 'a number below 1';
  return `a number of ${count(Math.floor(Math.log10(value)) + 1, 'digit')}`;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}

/** Beginnings of bodies that token endpoints and proxies send instead of a JSON object, most specific first. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^<(!doctype\s+html|html|head|body)\b/i, 'a body that is not JSON but begins like HTML'],
  [/^</, 'a body that is not JSON but begins like XML'],
  [/^\w+=[^\s{]*(&|$)/, 'a body that is not JSON but begins like a form'],
  [/^eyJ[\w-]+\./, 'a body that is not JSON but begins like a JWT'],
  [/^\{/, 'a body that begins like a JSON object but is not valid JSON'],
];

/** What a body without a JSON object looks like, without quoting it. */
export function shapeOfBody(body: string): string {
  const text = body.trim();
  if (text === '') return 'an empty body';
  try {
    return `a JSON body that is no object; it is ${shapeOf(JSON.parse(text))}`;
  } catch {
    const found = BEGINNINGS.find(([pattern]) => pattern.test(text));
    return found?.[1] ?? `a body that is not JSON; it is ${shapeOf(text)}`;
  }
}
