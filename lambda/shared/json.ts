/** The JSON object in a text, or undefined if the text holds anything else. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // It holds no JSON.
  }
  // The copy has no prototype. Otherwise a missing `toString` would look present.
  return isObject(parsed) ? Object.assign(Object.create(null), parsed) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
