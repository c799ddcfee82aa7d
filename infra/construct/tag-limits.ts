import { type CfnResource, TagManager } from 'aws-cdk-lib';
import type { EntryProblem } from './problem-line.ts';

/** Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html */
export const LONGEST_TAG_KEY = 128;
export const LONGEST_TAG_VALUE = 256;
export const MOST_TAGS = 50;

/** What IAM, Parameter Store and CloudWatch Logs accept in a tag. Source: the Tag type in the API reference of each. */
export const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const STRICT_TYPES: ReadonlySet<string> = new Set([
  'AWS::IAM::Role',
  'AWS::Logs::LogGroup',
  'AWS::SSM::Parameter',
]);

/** Source: https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Tag.html */
const TYPES_WITHOUT_EMPTY_VALUES: ReadonlySet<string> = new Set(['AWS::Scheduler::ScheduleGroup']);

/** Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html (case sensitivity) */
const TYPES_IGNORING_CASE: ReadonlySet<string> = new Set(['AWS::IAM::Role']);

/** What is wrong with the setting `tags`. Every resource of the stack gets these tags. */
export function tagsProblems(tags: Readonly<Record<string, string>>): EntryProblem[] {
  return [
    ...countProblems(Object.keys(tags).length).map(
      (text): EntryProblem => ({ about: 'value', text: `it ${withoutFullStop(text)}` }),
    ),
    ...caseProblems(Object.keys(tags)).map(
      (text): EntryProblem => ({ about: 'name', text: withoutFullStop(text) }),
    ),
    ...Object.entries(tags).flatMap(([key, value]): EntryProblem[] => {
      const [text] = [
        ...lengthProblems(key, value),
        ...textProblems(key, value),
        ...emptyValueProblems(key, value),
      ];
      return text === undefined ? [] : [{ key, about: 'value', text: withoutFullStop(text) }];
    }),
  ];
}

function withoutFullStop(text: string): string {
  return text.replace(/\.$/, '');
}

/** Which tags of the resource AWS would refuse. `known` returns the part of a value that is known at synth. */
export function resourceTagProblems(resource: CfnResource, known: (value: string) => string): string[] {
  const tags: Readonly<Record<string, string>> = TagManager.of(resource)?.tagValues() ?? {};
  const { cfnResourceType: type } = resource;
  return [
    ...countProblems(Object.keys(tags).length),
    ...(TYPES_IGNORING_CASE.has(type) ? caseProblems(Object.keys(tags)) : []),
    ...Object.entries(tags).flatMap(([key, value]) => [
      ...lengthProblems(key, known(value)),
      ...(STRICT_TYPES.has(type) ? textProblems(key, known(value)) : []),
      ...(TYPES_WITHOUT_EMPTY_VALUES.has(type) ? emptyValueProblems(key, value) : []),
    ]),
  ];
}

/** Whether a resource has more tags than AWS allows. */
export function countProblems(count: number): string[] {
  return count <= MOST_TAGS ? [] : [`has ${count} tags, AWS allows ${MOST_TAGS}. Remove some.`];
}

function caseProblems(keys: readonly string[]): string[] {
  const firsts = new Map<string, string>();
  return keys.flatMap((key) => {
    const first = firsts.get(key.toLowerCase());
    if (first === undefined) firsts.set(key.toLowerCase(), key);
    return first === undefined
      ? []
      : [`tags ${first} and ${key} differ only in case, which IAM ignores. Remove one.`];
  });
}

function lengthProblems(key: string, value: string): string[] {
  const long = (what: string, { length }: string, most: number): string[] =>
    length <= most ? [] : [`${what} has ${length} characters, AWS allows ${most}. Shorten the tag.`];
  return [
    ...long(`the key of tag ${key}`, key, LONGEST_TAG_KEY),
    ...long(`the value of tag ${key}`, value, LONGEST_TAG_VALUE),
  ];
}

function textProblems(key: string, value: string): string[] {
  if (key === '') return ['the key of a tag is empty. Give it a name.'];
  if (/^aws:/i.test(key))
    return [`the key of tag ${key} begins with "aws:", which AWS reserves. Rename the tag.`];
  if (TAG_TEXT.test(key) && TAG_TEXT.test(value)) return [];
  return [
    `tag ${key} has a character that AWS does not allow. Use only letters, digits, spaces and _ . : / = + - @.`,
  ];
}

function emptyValueProblems(key: string, value: string): string[] {
  return value === ''
    ? [`the value of tag ${key} is empty, but EventBridge Scheduler needs one. Set a value.`]
    : [];
}
