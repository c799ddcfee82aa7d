/** A scope as RFC 6749 section 3.3 defines it: words of printable ASCII without quotes and backslashes, between single spaces. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export function isScope(text: string): boolean {
  return SCOPE.test(text);
}

/**
 * The granted scope, which readers and operators are shown, or undefined where it is none. An endpoint that echoes what it
 * was sent could put credentials there, which would then stand in the parameter.
 */
export function presentableScope(scope: string | undefined, secrets: readonly string[]): string | undefined {
  if (scope === undefined || !isScope(scope)) return undefined;
  return secrets.some((secret) => forms(secret).some((form) => scope.includes(form))) ? undefined : scope;
}

/** The forms in which a value stands in a request: as it is, in a form, in a URL, and in an `Authorization` header. */
function forms(value: string): string[] {
  const written = [value, encodeURIComponent(value), new URLSearchParams([['', value]]).toString().slice(1)];
  return [...written, ...written.flatMap(inBase64)];
}

/** The characters that stand for the value in the base64 of a longer text, wherever it begins in a group of three bytes. */
function inBase64(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return bytes.toString('base64').slice(from, to);
  });
}
