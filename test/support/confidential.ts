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

export function readLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

function encodings(value: string): string[] {
  return [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    Buffer.from(value).toString('hex'),
  ];
}
