import { isScope } from '../shared/scope.ts';

/**
 * The granted scope, which readers and operators are shown, or undefined where it is none. An endpoint that echoes what it
 * was sent could put credentials there, which would then stand in the parameter.
 */
export function presentableScope(scope: string | undefined, secrets: readonly string[]): string | undefined {
  if (scope === undefined || !isScope(scope)) return undefined;
  const text = scope.toLowerCase();
  const holds = (secret: string) => forms(secret).some((form) => text.includes(form.toLowerCase()));
  return secrets.some(holds) ? undefined : scope;
}

/**
 * The forms in which a value may stand in an echo of a request: as it is, in a form, in a URL, with every character escaped
 * that RFC 3986 does not keep, in an `Authorization` header, and in hexadecimal digits.
 */
function forms(value: string): string[] {
  const url = encodeURIComponent(value);
  const strict = url.replaceAll(/[-_.!~*'()]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  const written = [value, url, strict, strict.replaceAll(/%[0-9a-f]{2}/g, (digits) => digits.toUpperCase())];
  const all = [...written, new URLSearchParams([['', value]]).toString().slice(1)];
  const base64 = all.flatMap(inBase64);
  const forUrl = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [...all, ...base64, ...forUrl, Buffer.from(value).toString('hex')];
}

/** The characters that stand for the value in the base64 of a longer text, wherever it begins in a group of three bytes. */
function inBase64(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)];
    return bytes.toString('base64').slice(from, to);
  });
}
