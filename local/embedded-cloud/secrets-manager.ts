import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-error.ts';
import type { Keyring } from './encryption.ts';
import { type Input, optionalString, page, requiredString } from './input.ts';
import type { Operations } from './parameter-store.ts';

interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly keyId: string;
  readonly description: string | undefined;
  readonly created: number;
  changed: number;
  deletionDate: number | undefined;
  /** Ciphertext by version id. */
  readonly versions: Map<string, { readonly ciphertext: string; readonly created: number }>;
  /** Version id by stage: a stage is attached to one version at a time. */
  readonly stages: Map<string, string>;
}

const DEFAULT_KEY = 'alias/aws/secretsmanager';
/** Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const MAX_SECRET_BYTES = 65_536;
const DAY_MS = 86_400_000;

/** The operations of Secrets Manager that the refresher and its users need. */
export function createSecretsManager(keyring: Keyring, arnPrefix: string, now: () => number): Operations {
  const secrets = new Map<string, Secret>();

  const find = (input: Input): Secret => {
    const id = requiredString(input, 'SecretId');
    const secret =
      secrets.get(id) ??
      [...secrets.values()].find(({ arn }) => arn === id || arn.replace(/-[^-]{6}$/, '') === id);
    if (secret === undefined)
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return secret;
  };
  const findUsable = (input: Input): Secret => {
    const secret = find(input);
    if (secret.deletionDate === undefined) return secret;
    throw new AwsError(
      'InvalidRequestException',
      "You can't perform this operation on the secret because it was marked for deletion.",
    );
  };
  const stagesOf = (secret: Secret, versionId: string) =>
    [...secret.stages].filter(([, id]) => id === versionId).map(([stage]) => stage);

  const moveStage = (secret: Secret, stage: string, versionId: string) => {
    const before = secret.stages.get(stage);
    if (stage === 'AWSCURRENT' && before !== undefined && before !== versionId)
      secret.stages.set('AWSPREVIOUS', before);
    if (stage === 'AWSCURRENT' && secret.stages.get('AWSPREVIOUS') === versionId)
      secret.stages.delete('AWSPREVIOUS');
    secret.stages.set(stage, versionId);
  };
  const putValue = (secret: Secret, value: string, versionId: string, stages: readonly string[]) => {
    if (Buffer.byteLength(value) > MAX_SECRET_BYTES) {
      throw new AwsError(
        'InvalidParameterException',
        `A secret value takes at most ${MAX_SECRET_BYTES} bytes.`,
      );
    }
    if (secret.versions.has(versionId))
      throw new AwsError('ResourceExistsException', 'A version with this token exists already.');
    secret.versions.set(versionId, {
      ciphertext: keyring.encrypt(secret.keyId, secret.arn, value),
      created: now(),
    });
    for (const stage of stages) moveStage(secret, stage, versionId);
    // A version without a stage is deprecated, and Secrets Manager removes it in its own time.
    for (const id of secret.versions.keys())
      if (stagesOf(secret, id).length === 0) secret.versions.delete(id);
    secret.changed = now();
  };
  const identity = ({ arn, name }: Secret) => ({ ARN: arn, Name: name });
  const describe = (secret: Secret) => ({
    ...identity(secret),
    KmsKeyId: secret.keyId,
    ...(secret.description === undefined ? {} : { Description: secret.description }),
    CreatedDate: secret.created / 1000,
    LastChangedDate: secret.changed / 1000,
    ...(secret.deletionDate === undefined ? {} : { DeletedDate: secret.deletionDate / 1000 }),
  });

  return {
    CreateSecret(input) {
      const name = requiredString(input, 'Name');
      if (!/^[a-zA-Z0-9/_+=.@-]{1,512}$/.test(name))
        throw new AwsError('InvalidParameterException', 'Invalid name.');
      if (secrets.has(name))
        throw new AwsError(
          'ResourceExistsException',
          `The operation failed because the secret ${name} already exists.`,
        );
      const suffix = randomUUID().slice(0, 6);
      const secret: Secret = {
        name,
        arn: `${arnPrefix}:secret:${name}-${suffix}`,
        keyId: optionalString(input, 'KmsKeyId') ?? DEFAULT_KEY,
        description: optionalString(input, 'Description'),
        created: now(),
        changed: now(),
        deletionDate: undefined,
        versions: new Map(),
        stages: new Map(),
      };
      const value = optionalString(input, 'SecretString');
      const versionId = optionalString(input, 'ClientRequestToken') ?? randomUUID();
      if (value !== undefined) putValue(secret, value, versionId, ['AWSCURRENT']);
      secrets.set(name, secret);
      return { ...identity(secret), ...(value === undefined ? {} : { VersionId: versionId }) };
    },
    PutSecretValue(input) {
      const secret = findUsable(input);
      const versionId = optionalString(input, 'ClientRequestToken') ?? randomUUID();
      const stages = Array.isArray(input.VersionStages) ? input.VersionStages.map(String) : ['AWSCURRENT'];
      putValue(secret, requiredString(input, 'SecretString'), versionId, stages);
      return { ...identity(secret), VersionId: versionId, VersionStages: stagesOf(secret, versionId) };
    },
    GetSecretValue(input) {
      const secret = findUsable(input);
      const stage = optionalString(input, 'VersionStage');
      const versionId = optionalString(input, 'VersionId') ?? secret.stages.get(stage ?? 'AWSCURRENT');
      const version = versionId === undefined ? undefined : secret.versions.get(versionId);
      if (
        versionId === undefined ||
        version === undefined ||
        (stage !== undefined && secret.stages.get(stage) !== versionId)
      ) {
        const wanted =
          stage === undefined && versionId !== undefined
            ? `VersionId: ${versionId}`
            : `staging label: ${stage ?? 'AWSCURRENT'}`;
        throw new AwsError(
          'ResourceNotFoundException',
          `Secrets Manager can't find the specified secret value for ${wanted}`,
        );
      }
      return {
        ...identity(secret),
        VersionId: versionId,
        SecretString: keyring.decrypt(secret.keyId, secret.arn, version.ciphertext),
        VersionStages: stagesOf(secret, versionId),
        CreatedDate: version.created / 1000,
      };
    },
    DescribeSecret(input) {
      const secret = find(input);
      const versions = [...secret.versions.keys()].map((id) => [id, stagesOf(secret, id)]);
      return {
        ...describe(secret),
        ...(versions.length === 0 ? {} : { VersionIdsToStages: Object.fromEntries(versions) }),
      };
    },
    ListSecrets(input) {
      const { items, next } = page([...secrets.values()], input);
      return { SecretList: items.map(describe), ...next };
    },
    UpdateSecretVersionStage(input) {
      const secret = findUsable(input);
      const stage = requiredString(input, 'VersionStage');
      const target = optionalString(input, 'MoveToVersionId');
      if (target === undefined) secret.stages.delete(stage);
      else if (secret.versions.has(target)) moveStage(secret, stage, target);
      else
        throw new AwsError(
          'ResourceNotFoundException',
          "Secrets Manager can't find the specified secret version.",
        );
      return identity(secret);
    },
    DeleteSecret(input) {
      const secret = find(input);
      if (input.ForceDeleteWithoutRecovery === true) secrets.delete(secret.name);
      else secret.deletionDate = now() + Number(input.RecoveryWindowInDays ?? 30) * DAY_MS;
      return { ...identity(secret), DeletionDate: (secret.deletionDate ?? now()) / 1000 };
    },
    RestoreSecret(input) {
      const secret = find(input);
      secret.deletionDate = undefined;
      return identity(secret);
    },
  };
}
