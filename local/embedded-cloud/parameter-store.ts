import { AwsError, validation } from './aws-error.ts';
import type { Keyring } from './encryption.ts';
import { type Input, optionalString, page, requiredString, stringList } from './input.ts';
import {
  checkKeyId,
  checkParameterName,
  chooseTier,
  PARAMETER_TIERS,
  PARAMETER_TYPES,
} from './parameter-rules.ts';

interface ParameterVersion {
  readonly version: number;
  readonly type: string;
  /** Ciphertext of a SecureString, else the value. */
  readonly stored: string;
  readonly keyId: string | undefined;
  readonly tier: string;
  readonly description: string | undefined;
  readonly modified: number;
}

/** Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html */
const MAX_VERSIONS = 100;
const DEFAULT_KEY = 'alias/aws/ssm';

export type Operations = Readonly<Record<string, (input: Input) => object>>;

/** The operations of SSM Parameter Store that the refresher and its users need. */
export function createParameterStore(keyring: Keyring, arnPrefix: string, now: () => number): Operations {
  const parameters = new Map<string, ParameterVersion[]>();
  const arnOf = (name: string) => `${arnPrefix}:parameter${name.startsWith('/') ? '' : '/'}${name}`;

  /** A name may be an ARN, and may end in `:version`. */
  const find = (reference: string): { name: string; found: ParameterVersion } => {
    const local = reference.startsWith(`${arnPrefix}:parameter`)
      ? reference.slice(`${arnPrefix}:parameter`.length)
      : reference;
    const [name = '', selector] = local.split(':');
    const versions = parameters.get(name) ?? parameters.get(name.replace(/^\//, ''));
    if (versions === undefined) throw new AwsError('ParameterNotFound', `Parameter ${reference} not found.`);
    const found =
      selector === undefined ? versions.at(-1) : versions.find(({ version }) => String(version) === selector);
    if (found === undefined) {
      throw new AwsError(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${selector} of ${name}.`,
      );
    }
    return { name: parameters.has(name) ? name : name.replace(/^\//, ''), found };
  };

  const show = (
    name: string,
    { version, type, stored, keyId, modified }: ParameterVersion,
    decrypt: boolean,
  ) => ({
    Name: name,
    Type: type,
    Value: keyId !== undefined && decrypt ? keyring.decrypt(keyId, arnOf(name), stored) : stored,
    Version: version,
    LastModifiedDate: modified / 1000,
    ARN: arnOf(name),
    DataType: 'text',
  });

  const describe = (
    name: string,
    { version, type, keyId, tier, modified, description }: ParameterVersion,
  ) => ({
    Name: name,
    Type: type,
    ...(keyId === undefined ? {} : { KeyId: keyId }),
    ...(description === undefined ? {} : { Description: description }),
    LastModifiedDate: modified / 1000,
    LastModifiedUser: 'arn:aws:iam::000000000000:root',
    Version: version,
    Tier: tier,
    Policies: [],
    DataType: 'text',
    ARN: arnOf(name),
  });

  const remove = (name: string) => {
    if (!parameters.delete(name)) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
  };

  return {
    PutParameter(input) {
      const name = requiredString(input, 'Name');
      checkParameterName(name);
      const versions = parameters.get(name) ?? [];
      const before = versions.at(-1);
      if (before !== undefined && input.Overwrite !== true) {
        throw new AwsError(
          'ParameterAlreadyExists',
          'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
        );
      }
      if (input.Overwrite === true && Array.isArray(input.Tags) && input.Tags.length > 0) {
        throw validation("Invalid request: tags and overwrite can't be used together.");
      }
      const type = optionalString(input, 'Type') ?? before?.type;
      if (type === undefined) throw validation('A parameter type is required when you create a parameter.');
      if (!PARAMETER_TYPES.some((allowed) => allowed === type))
        throw new AwsError('UnsupportedParameterType', `The parameter type ${type} is not supported.`);
      if (before !== undefined && before.type !== type) {
        throw new AwsError(
          'HierarchyTypeMismatchException',
          `Parameter Store does not support changing the type of ${name} from ${before.type} to ${type}.`,
        );
      }
      const asked = optionalString(input, 'Tier') ?? before?.tier ?? 'Standard';
      if (!PARAMETER_TIERS.some((allowed) => allowed === asked))
        throw validation(`The tier ${asked} is not supported.`);
      const value = optionalString(input, 'Value') ?? '';
      const tier = chooseTier(value, asked, before?.tier);
      const keyId =
        type === 'SecureString'
          ? (optionalString(input, 'KeyId') ?? before?.keyId ?? DEFAULT_KEY)
          : undefined;
      if (keyId !== undefined) checkKeyId(keyId);
      const version = (before?.version ?? 0) + 1;
      const stored = keyId === undefined ? value : keyring.encrypt(keyId, arnOf(name), value);
      const description = optionalString(input, 'Description') ?? before?.description;
      versions.push({ version, type, stored, keyId, tier, description, modified: now() });
      if (versions.length > MAX_VERSIONS) versions.shift();
      parameters.set(name, versions);
      return { Version: version, Tier: tier };
    },
    GetParameter(input) {
      const { name, found } = find(requiredString(input, 'Name'));
      return { Parameter: show(name, found, input.WithDecryption === true) };
    },
    GetParameters(input) {
      const names = stringList(input, 'Names');
      const known = names.filter((reference) => parameters.has(reference.split(':')[0] ?? ''));
      return {
        Parameters: known.map((reference) => {
          const { name, found } = find(reference);
          return show(name, found, input.WithDecryption === true);
        }),
        InvalidParameters: names.filter((reference) => !known.includes(reference)),
      };
    },
    GetParameterHistory(input) {
      const { name } = find(requiredString(input, 'Name'));
      const { items, next } = page(parameters.get(name) ?? [], input);
      const decrypt = input.WithDecryption === true;
      return {
        Parameters: items.map((version) => ({
          ...describe(name, version),
          ...show(name, version, decrypt),
          Labels: [],
        })),
        ...next,
      };
    },
    DescribeParameters(input) {
      const filters = (input.ParameterFilters ?? []) as { Key: string; Option?: string; Values?: string[] }[];
      const described = [...parameters].flatMap(([name, versions]) => {
        const latest = versions.at(-1);
        return latest === undefined ? [] : [describe(name, latest)];
      });
      const kept = described.filter((parameter) =>
        filters.every(({ Key, Option = 'Equals', Values = [] }) => {
          if (Key !== 'Name' && Key !== 'Type' && Key !== 'KeyId')
            throw new AwsError('InvalidFilterKey', `The filter key ${Key} is not supported here.`);
          const value = parameter[Key] ?? '';
          return Values.some((wanted) =>
            Option === 'BeginsWith' ? value.startsWith(wanted) : value === wanted,
          );
        }),
      );
      const { items, next } = page(kept, input);
      return { Parameters: items, ...next };
    },
    DeleteParameter(input) {
      remove(requiredString(input, 'Name'));
      return {};
    },
    DeleteParameters(input) {
      const names = stringList(input, 'Names');
      const known = names.filter((name) => parameters.has(name));
      known.forEach(remove);
      return { DeletedParameters: known, InvalidParameters: names.filter((name) => !known.includes(name)) };
    },
  };
}
