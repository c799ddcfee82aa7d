import { AwsError, validation } from './aws-error.ts';
import type { Input } from './input.ts';

export type ParameterTags = ReadonlyMap<string, string>;

/** Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Tag.html */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;
/** Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html */
const MOST_TAGS = 50;

/** The tags of a request. */
export function requestedTags({ Tags: tags }: Input): ParameterTags {
  if (tags === undefined || tags === null) return new Map();
  if (!Array.isArray(tags)) throw validation('Tags must be a list');
  return new Map(tags.map(({ Key, Value }) => checked(Key, Value)));
}

/** Parameter Store tags a parameter only when it creates it. */
export function refuseTagsOnOverwrite({ Tags: tags, Overwrite: overwrite }: Input): void {
  if (overwrite !== true || !Array.isArray(tags) || tags.length === 0) return;
  throw validation(
    'Invalid request: Tags cannot be combined with Overwrite. Use AddTagsToResource for an existing parameter.',
  );
}

/** Adds tags to those of a parameter. A new tag replaces one with the same key. */
export function mergeTags(before: ParameterTags, added: ParameterTags): ParameterTags {
  const tags = new Map([...before, ...added]);
  if (tags.size > MOST_TAGS) throw new AwsError('TooManyTagsError', `At most ${MOST_TAGS} tags are allowed.`);
  return tags;
}

function checked(key: unknown, value: unknown): [string, string] {
  if (typeof key !== 'string' || key.length === 0 || key.length > LONGEST_KEY || !TAG_TEXT.test(key))
    throw validation('A tag has an invalid key');
  if (key.toLowerCase().startsWith('aws:')) throw validation('A tag key must not begin with aws:');
  if (typeof value !== 'string' || value.length > LONGEST_VALUE || !TAG_TEXT.test(value))
    throw validation(`The tag ${key} has an invalid value`);
  return [key, value];
}
