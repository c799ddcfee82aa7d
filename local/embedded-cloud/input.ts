import { validation } from './aws-error.ts';

/** The JSON object of one request. */
export type Input = Readonly<Record<string, unknown>>;

/** The operations of a service, by name. */
export type Operations = Readonly<Record<string, (input: Input) => object>>;

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
