import {
  GetParameterCommand,
  type Parameter,
  PutParameterCommand,
  type PutParameterCommandInput,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { describeAwsFailure, isAccessDenied } from '../shared/aws-failure.ts';
import type { Clock } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { ParameterTier } from '../shared/refresher-environment.ts';
import { foreign, parseStored, type Stored, type StoredToken } from '../shared/stored-token.ts';
import { TOKEN_WRITE } from '../shared/time-budget.ts';
import { labeled, MAX_VERSIONS } from './labeled-version.ts';
import { tagList } from './tag-list.ts';
import type { CallOptions } from './until-deadline.ts';

/**
 * Largest value of an advanced parameter, in bytes. A standard one holds 4096.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
const MAX_VALUE_BYTES = 8192;

/** @throws RefreshError `STORE_UNAVAILABLE` */
export async function readStored(
  ssm: SSMClient,
  parameterName: string,
  options: CallOptions = {},
): Promise<Stored> {
  const answer = await ssm
    .send(new GetParameterCommand({ Name: parameterName, WithDecryption: true }), options)
    .catch((error: unknown) => {
      const failure = describeAwsFailure(error);
      if (failure.name === 'ParameterNotFound') return undefined;
      throw unavailable(parameterName, 'read', failure.text, failure.name);
    });
  if (answer === undefined) return { state: 'missing' };
  // Perhaps a proxy answered, and not Parameter Store.
  if (answer.Parameter?.Type === undefined)
    throw unavailable(parameterName, 'read', 'the answer holds no parameter', 'NO_PARAMETER');
  return storedIn(answer.Parameter);
}

/** What a decrypted parameter holds. */
// Stryker disable next-line StringLiteral: no text for a missing value is a record
export function storedIn({ Type: type, Value: value = '', Version: version = 0 }: Parameter): Stored {
  if (type === 'SecureString') return parseStored(value, version);
  return { state: 'foreign', version, found: `a ${type} instead of a SecureString`, isSecureString: false };
}

/** Reading fails with these if the value cannot be decrypted. */
const DECRYPTION_ERRORS: ReadonlySet<string | undefined> = new Set(['AccessDeniedException', 'InvalidKeyId']);

/**
 * Whether a read failed because the value cannot be decrypted, for example because its key was changed or deleted.
 * `AccessDeniedException` also means that reading is denied. Reading without decryption tells the two apart.
 */
export async function isUndecryptable(
  ssm: SSMClient,
  parameterName: string,
  error: unknown,
  options: CallOptions = {},
): Promise<boolean> {
  if (!(error instanceof RefreshError) || !DECRYPTION_ERRORS.has(error.details.reason)) return false;
  if (error.details.reason !== 'AccessDeniedException') return true;
  return ssm.send(new GetParameterCommand({ Name: parameterName }), options).then(
    () => true,
    (denied: unknown) => !isAccessDenied(describeAwsFailure(denied).name),
  );
}

/**
 * Reads the parameter for a forced run, which may also replace a value that cannot be decrypted.
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function readReplaceable(
  ssm: SSMClient,
  parameterName: string,
  options: CallOptions = {},
): Promise<Stored> {
  try {
    return await readStored(ssm, parameterName, options);
  } catch (error) {
    if (await isUndecryptable(ssm, parameterName, error, options))
      return foreign('a value that cannot be decrypted', await readVersion(ssm, parameterName, options));
    throw error;
  }
}

/** The version of a parameter, which can be read without its key. 0 if that fails too. */
async function readVersion(ssm: SSMClient, parameterName: string, options: CallOptions): Promise<number> {
  const answer = await ssm
    .send(new GetParameterCommand({ Name: parameterName }), options)
    .catch(() => undefined);
  return answer?.Parameter?.Version ?? 0;
}

/** @throws RefreshError `TOKEN_TOO_LARGE` */
export function assertFits(token: StoredToken, parameterName: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(token));
  if (bytes <= MAX_VALUE_BYTES) return;
  throw new RefreshError(
    'TOKEN_TOO_LARGE',
    `the record for parameter ${parameterName} takes ${bytes} bytes. Parameter Store holds at most ${MAX_VALUE_BYTES}. ` +
      'Request a smaller token: fewer scopes or claims, or an opaque one.',
  );
}

/** The parameter to write. */
export interface WrittenParameter {
  readonly name: string;
  readonly keyId: string;
  readonly tier: ParameterTier;
  readonly tags: Readonly<Record<string, string>>;
  /** Whether the run found no parameter. */
  readonly isMissing: boolean;
}

/**
 * Writes the parameter and returns its new version. Takes at most as long as `TOKEN_WRITE` says.
 * @throws RefreshError `STORE_UNAVAILABLE`, `PARAMETER_OCCUPIED` (a parameter of another type)
 */
export async function writeToken(
  { tokenWriter, clock }: { readonly tokenWriter: SSMClient; readonly clock: Clock },
  parameter: WrittenParameter,
  token: StoredToken,
): Promise<number> {
  const abortSignal = clock.timeout(TOKEN_WRITE.totalMs);
  const put = async (how: Pick<PutParameterCommandInput, 'Overwrite' | 'Tags'>): Promise<number> => {
    const { Version: version } = await tokenWriter.send(
      new PutParameterCommand({
        Name: parameter.name,
        Value: JSON.stringify(token),
        // Sent with every write. Without it, some implementations store a plain String.
        Type: 'SecureString',
        KeyId: parameter.keyId,
        Tier: parameter.tier,
        ...how,
      }),
      { requestTimeout: TOKEN_WRITE.attemptMs, abortSignal },
    );
    return version ?? 0;
  };
  try {
    return (await createTagged(parameter, put)) ?? (await put({ Overwrite: true }));
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'HierarchyTypeMismatchException') {
      throw new RefreshError(
        'PARAMETER_OCCUPIED',
        `parameter ${parameter.name} is not a SecureString, and Parameter Store cannot change a parameter's type. ` +
          'Delete the parameter or choose another parameterName.',
        { reason: failure.name },
      );
    }
    if (failure.name === MAX_VERSIONS) throw labeled(parameter.name);
    throw unavailable(parameter.name, 'written', failure.text, failure.name);
  }
}

/**
 * Creates a missing parameter with its tags. Parameter Store refuses tags when it overwrites. Returns undefined if there are no
 * tags, or if the parameter exists: another run has created it, or the answer to an earlier attempt was lost.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (Tags)
 */
async function createTagged(
  { tags, isMissing }: WrittenParameter,
  put: (how: Pick<PutParameterCommandInput, 'Tags'>) => Promise<number>,
): Promise<number | undefined> {
  const Tags = tagList(tags);
  if (!isMissing || Tags.length === 0) return undefined;
  return put({ Tags }).catch((error: unknown) => {
    if (describeAwsFailure(error).name === 'ParameterAlreadyExists') return undefined;
    throw error;
  });
}

function unavailable(
  parameterName: string,
  what: 'read' | 'written',
  text: string,
  reason: string,
): RefreshError {
  const mayBeUndecryptable = what === 'read' && DECRYPTION_ERRORS.has(reason);
  return new RefreshError(
    'STORE_UNAVAILABLE',
    `parameter ${parameterName} could not be ${what}: ${text}. ` +
      "The next check tries again. If access is denied, compare the function's role and the key policy with the deployed template" +
      (mayBeUndecryptable ? '; if the key was changed, invoke the function with {"force": true}.' : '.'),
    { reason },
  );
}
