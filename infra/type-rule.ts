import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list such as ["…"], or on the command line its items separated by spaces',
  boolean: 'true or false',
  record: 'an object such as {"name": "value"}, or on the command line its JSON in single quotes',
  string: 'text in quotes',
};

/** What a value of another type must be. Undefined leaves the message to the setting's own rules. */
export function typeRule(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return `it must be ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `it must be ${issue.values.map(String).join(' or ')}`;
  return undefined;
}
