/** The JSON object that a text holds, or undefined where it holds anything else. */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    // The copy has no inherited properties, so that a missing field is missing.
    return isObject(parsed) ? Object.assign(Object.create(null), parsed) : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
