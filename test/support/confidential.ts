import { appendFileSync, readFileSync } from 'node:fs';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Files that collect, over all tests, the confidential values (`secrets`) and everything written (`written`). */
    leakFiles: { readonly secrets: string; readonly written: string };
  }
}

/** Declares a token or a client secret. After all tests, no written text may hold it. */
export function confidential<Value extends string>(value: Value): Value {
  appendFileSync(inject('leakFiles').secrets, `${value}\n`);
  return value;
}

/** Adds a text to those that are searched after all tests. */
export function recordWritten(text: string): void {
  appendFileSync(inject('leakFiles').written, `${text}\n`);
}

/** Number of confidential values in the text, plain or in an encoding that a log may use. */
export function countLeaks(secrets: Iterable<string>, text: string): number {
  return [...secrets].filter((value) => encodings(value).some((encoded) => text.includes(encoded))).length;
}

/** @throws Error if the text holds a confidential value */
export function assertNoLeaks(secrets: Iterable<string>, text: string): void {
  const leaks = countLeaks(secrets, text);
  if (leaks > 0)
    throw new Error(`${leaks} tokens or secrets were written to a log, an answer or the test output`);
}

export function readLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

/** Escapes everything but letters and digits, as `client_secret_basic` does. */
function escapeStrictly(value: string): string {
  return encodeURIComponent(value).replaceAll(
    /[-_.!~*'()]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function encodings(value: string): string[] {
  const encoded = encodeURIComponent(value);
  const strict = escapeStrictly(value);
  return [
    value,
    encoded,
    strict,
    ...inBase64(strict),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString('hex'),
    ...inBase64(value),
    ...inBase64(encoded),
  ];
}

/**
 * The base64 characters that depend on the value only. Base64 encodes three bytes at a time, so there is one form for each
 * position at which the value may start, for example in an `Authorization` header.
 */
function inBase64(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const from = Math.ceil((before * 8) / 6);
    return bytes.toString('base64').slice(from, Math.floor((bytes.length * 8) / 6));
  });
}
