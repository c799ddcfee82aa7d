import { validation } from './aws-error.ts';

/** The JSON object of one request. */
export type Input = Readonly<Record<string, unknown>>;

export function optionalString(input: Input, field: string): string | undefined {
  const value = input[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw validation(`${field} must be a string`);
  return value;
}

export function requiredString(input: Input, field: string): string {
  const value = optionalString(input, field);
  if (value === undefined || value === '') {
    throw validation(
      `1 validation error detected: Value at '${field}' failed to satisfy constraint: Member must not be null`,
    );
  }
  return value;
}

export function stringList(input: Input, field: string): readonly string[] {
  const value = input[field];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw validation(`${field} must be a list of strings`);
  }
  return value;
}

/** One page of a list; the token is the position at which the next one begins. */
export function page<Item>(items: readonly Item[], input: Input): { items: readonly Item[]; next: object } {
  const from = Number(optionalString(input, 'NextToken') ?? 0);
  if (!Number.isSafeInteger(from) || from < 0) throw validation('The specified token is not valid');
  const size = Number(input.MaxResults ?? 50);
  if (!Number.isSafeInteger(size) || size < 1 || size > 50)
    throw validation('MaxResults must be from 1 to 50');
  const end = from + size;
  return { items: items.slice(from, end), next: end < items.length ? { NextToken: String(end) } : {} };
}
