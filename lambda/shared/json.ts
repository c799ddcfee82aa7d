/** The JSON object in a text, or undefined if the text holds anything else. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    // The copy has no prototype. Otherwise a missing `toString` would look present.
    return isObject(parsed) ? Object.assign(Object.create(null), parsed) : undefined;
    // Stryker disable next-line BlockStatement: an empty block returns undefined as well
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
