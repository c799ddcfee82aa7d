import { appendFileSync, readFileSync } from 'node:fs';
import { inject } from 'vitest';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Collects, over all test files, what must never be seen (`secrets`) and what was written (`written`). */
    leakFiles: { readonly secrets: string; readonly written: string };
  }
}

/** Declares a token or a client secret: once all tests have run, it may be in nothing that they wrote. */
export function confidential<Value extends string>(value: Value): Value {
  appendFileSync(inject('leakFiles').secrets, `${value}\n`);
  return value;
}

/** Adds what a part of the system wrote or answered to what is searched at the end. */
export function recordWritten(text: string): void {
  appendFileSync(inject('leakFiles').written, `${text}\n`);
}

/** How many of the confidential values stand in the text, as they are or in an encoding that a log may use. */
export function countLeaks(secrets: Iterable<string>, text: string): number {
  return [...secrets].filter((value) => encodings(value).some((encoded) => text.includes(encoded))).length;
}

/** @throws Error where any of the confidential values stands in the text */
export function assertNoLeaks(secrets: Iterable<string>, text: string): void {
  const leaks = countLeaks(secrets, text);
  if (leaks > 0)
    throw new Error(`${leaks} tokens or secrets were written to a log, an answer or the test output`);
}

export function readLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

/** As `client_secret_basic` has it: all but letters and digits is escaped. */
export function escapeStrictly(value: string): string {
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
 * The characters of base64 that stand for the value alone, wherever in a text it begins: three bytes are encoded
 * together, so there are three forms, as in the `Authorization` header of `client_secret_basic`.
 */
function inBase64(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    const from = Math.ceil((before * 8) / 6);
    return bytes.toString('base64').slice(from, Math.floor((bytes.length * 8) / 6));
  });
}
