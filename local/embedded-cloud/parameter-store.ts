import { AwsError, validation } from './aws-error.ts';
import type { Keyring } from './encryption.ts';
import { type Input, type Operations, optionalString, requiredString } from './input.ts';
import { checkKeyId, chooseTier } from './parameter-rules.ts';
import { mergeTags, type ParameterTags, refuseTagsOnOverwrite, requestedTags } from './parameter-tags.ts';

/** One write of a parameter. */
interface ParameterVersion {
  readonly version: number;
  /** The ciphertext of a SecureString, or the value. */
  readonly stored: string;
  /** Undefined unless the parameter is a SecureString. */
  readonly keyId: string | undefined;
  readonly modified: number;
}

interface Parameter {
  readonly type: string;
  readonly tier: string;
  readonly tags: ParameterTags;
  readonly current: ParameterVersion;
  /** The latest is the last. */
  readonly former: readonly ParameterVersion[];
}

interface Store {
  readonly parameters: Map<string, Parameter>;
  readonly keyring: Keyring;
  readonly arnPrefix: string;
  readonly now: () => number;
}

const DEFAULT_KEY = 'alias/aws/ssm';

/** With the current one, a hundred. Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html */
const FORMER_VERSIONS = 99;

/** A name or an ARN, and the version after it, if one is named. Labels are not offered. */
const SELECTED = /^(.*?)(?::(\d+))?$/;

/** The operations of SSM Parameter Store that the refresher and its documented users call. */
export function createParameterStore(keyring: Keyring, arnPrefix: string, now: () => number): Operations {
  const store: Store = { parameters: new Map(), keyring, arnPrefix, now };
  return {
    PutParameter: (input) => putParameter(store, input),
    GetParameter: (input) => getParameter(store, input),
    DeleteParameter: (input) => deleteParameter(store, input),
    AddTagsToResource: (input) => addTags(store, input),
    ListTagsForResource: (input) => listTags(store, input),
  };
}

function putParameter(store: Store, input: Input): object {
  const name = requiredString(input, 'Name');
  const before = store.parameters.get(name);
  refuseTagsOnOverwrite(input);
  if (before !== undefined && input.Overwrite !== true) {
    throw new AwsError(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  const type = optionalString(input, 'Type') ?? before?.type;
  if (type === undefined) throw validation('A parameter type is required when you create a parameter.');
  if (before !== undefined && before.type !== type) {
    throw new AwsError(
      'HierarchyTypeMismatchException',
      `Parameter Store does not support changing the type of ${name} from ${before.type} to ${type}.`,
    );
  }
  const value = optionalString(input, 'Value') ?? '';
  const tier = chooseTier(value, optionalString(input, 'Tier') ?? before?.tier ?? 'Standard', before?.tier);
  const keyId =
    type === 'SecureString'
      ? (optionalString(input, 'KeyId') ?? before?.current.keyId ?? DEFAULT_KEY)
      : undefined;
  if (keyId !== undefined) checkKeyId(keyId);
  const version = (before?.current.version ?? 0) + 1;
  const stored = keyId === undefined ? value : store.keyring.encrypt(keyId, arnOf(store, name), value);
  const tags = mergeTags(before?.tags ?? new Map(), requestedTags(input));
  const current: ParameterVersion = { version, stored, keyId, modified: store.now() };
  const former = before === undefined ? [] : [...before.former, before.current].slice(-FORMER_VERSIONS);
  store.parameters.set(name, { type, tier, tags, current, former });
  return { Version: version, Tier: tier };
}

function getParameter(store: Store, input: Input): object {
  const [, reference = '', selector] = SELECTED.exec(requiredString(input, 'Name')) ?? [];
  const name = resolveName(store, reference);
  const parameter = store.parameters.get(name);
  if (parameter === undefined) throw notFound(reference);
  const { keyId, stored, version, modified } = versionOf(name, parameter, selector);
  const arn = arnOf(store, name);
  const decrypt = keyId !== undefined && input.WithDecryption === true;
  return {
    Parameter: {
      Name: name,
      Type: parameter.type,
      Value: decrypt ? store.keyring.decrypt(keyId, arn, stored) : stored,
      Version: version,
      ...(selector === undefined ? {} : { Selector: `:${selector}` }),
      LastModifiedDate: modified / 1000,
      ARN: arn,
      DataType: 'text',
    },
  };
}

function versionOf(
  name: string,
  { current, former }: Parameter,
  selector: string | undefined,
): ParameterVersion {
  if (selector === undefined) return current;
  const found = [...former, current].find(({ version }) => version === Number(selector));
  if (found !== undefined) return found;
  throw new AwsError(
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${selector} of ${name}. Verify the version and try again.`,
  );
}

function deleteParameter(store: Store, input: Input): object {
  const name = requiredString(input, 'Name');
  if (!store.parameters.delete(name)) throw notFound(name);
  return {};
}

function addTags(store: Store, input: Input): object {
  const [name, parameter] = taggedParameter(store, input);
  store.parameters.set(name, { ...parameter, tags: mergeTags(parameter.tags, requestedTags(input)) });
  return {};
}

function listTags(store: Store, input: Input): object {
  const [, { tags }] = taggedParameter(store, input);
  return { TagList: [...tags].map(([Key, Value]) => ({ Key, Value })) };
}

function taggedParameter(store: Store, input: Input): [string, Parameter] {
  if (requiredString(input, 'ResourceType') !== 'Parameter')
    throw new AwsError('InvalidResourceType', 'Only parameters can be tagged here.');
  const name = requiredString(input, 'ResourceId');
  const parameter = store.parameters.get(name);
  if (parameter === undefined) throw new AwsError('InvalidResourceId', `There is no parameter ${name}.`);
  return [name, parameter];
}

function arnOf({ arnPrefix }: Store, name: string): string {
  return `${arnPrefix}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
}

/** Consumers in other accounts name the parameter by its ARN. */
function resolveName({ arnPrefix, parameters }: Store, reference: string): string {
  const prefix = `${arnPrefix}:parameter`;
  if (!reference.startsWith(prefix)) return reference;
  const name = reference.slice(prefix.length);
  return parameters.has(name) ? name : name.slice(1);
}

function notFound(reference: string): AwsError {
  return new AwsError('ParameterNotFound', `Parameter ${reference} not found.`);
}
