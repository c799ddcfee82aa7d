import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import type { Keyring } from './encryption.ts';
import { type Input, type Operations, optionalString, requiredString } from './input.ts';

interface SecretVersion {
  readonly id: string;
  readonly ciphertext: string;
}

interface Secret {
  readonly name: string;
  readonly arn: string;
  /** Newest first: AWSCURRENT, then AWSPREVIOUS. Empty until the first value is stored. */
  versions: readonly SecretVersion[];
}

interface Store {
  readonly secrets: Map<string, Secret>;
  readonly keyring: Keyring;
  readonly arnPrefix: string;
}

const STAGES = ['AWSCURRENT', 'AWSPREVIOUS'] as const;
const KEY = 'alias/aws/secretsmanager';

/** The operations of Secrets Manager that the refresher and its documented users call. */
export function createSecretsManager(keyring: Keyring, arnPrefix: string): Operations {
  const store: Store = { secrets: new Map(), keyring, arnPrefix };
  return {
    CreateSecret: (input) => createSecret(store, input),
    PutSecretValue: (input) => putSecretValue(store, input),
    GetSecretValue: (input) => getSecretValue(store, input),
    DescribeSecret: (input) => describeSecret(store, input),
  };
}

function createSecret(store: Store, input: Input): object {
  const name = requiredString(input, 'Name');
  if (store.secrets.has(name)) {
    throw new AwsError(
      'ResourceExistsException',
      `The operation failed because the secret ${name} already exists.`,
    );
  }
  const arn = `${store.arnPrefix}:secret:${name}-${randomUUID().slice(0, 6)}`;
  const secret: Secret = { name, arn, versions: [] };
  const value = optionalString(input, 'SecretString');
  const version = value === undefined ? {} : { VersionId: addVersion(store, secret, value, input) };
  store.secrets.set(name, secret);
  return { ARN: arn, Name: name, ...version };
}

function putSecretValue(store: Store, input: Input): object {
  const secret = find(store, input);
  const id = addVersion(store, secret, requiredString(input, 'SecretString'), input);
  return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: ['AWSCURRENT'] };
}

function getSecretValue(store: Store, input: Input): object {
  const { arn, name, versions } = find(store, input);
  const wanted = optionalString(input, 'VersionId');
  const index = wanted === undefined ? 0 : versions.findIndex(({ id }) => id === wanted);
  const version = versions[index];
  if (version === undefined) {
    const what = wanted === undefined ? 'staging label: AWSCURRENT' : `VersionId: ${wanted}`;
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${what}`,
    );
  }
  return {
    ARN: arn,
    Name: name,
    VersionId: version.id,
    SecretString: store.keyring.decrypt(KEY, arn, version.ciphertext),
    VersionStages: [STAGES[index]],
  };
}

function describeSecret(store: Store, input: Input): object {
  const { arn, name, versions } = find(store, input);
  const stages = Object.fromEntries(versions.map(({ id }, index) => [id, [STAGES[index]]]));
  return {
    ARN: arn,
    Name: name,
    ...(versions.length === 0 ? {} : { VersionIdsToStages: stages }),
  };
}

/** Makes a value the current one and returns its version id. */
function addVersion(store: Store, secret: Secret, value: string, input: Input): string {
  // The SDKs generate the token.
  const id = optionalString(input, 'ClientRequestToken') ?? randomUUID();
  const ciphertext = store.keyring.encrypt(KEY, secret.arn, value);
  secret.versions = [{ id, ciphertext }, ...secret.versions.slice(0, 1)];
  return id;
}

function find({ secrets }: Store, input: Input): Secret {
  const id = requiredString(input, 'SecretId');
  const secret = secrets.get(id) ?? [...secrets.values()].find(({ arn }) => arn === id);
  if (secret === undefined)
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  return secret;
}
