import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { ParameterTier } from '../shared/refresher-environment.ts';
import { parseStored, type Stored, type StoredToken } from '../shared/stored-token.ts';

/**
 * The largest value of an advanced parameter, in bytes; a standard one takes 4096.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
const MAX_VALUE_BYTES = 8192;

/** @throws RefreshError `STORE_UNAVAILABLE` */
export async function readStored(ssm: SSMClient, parameterName: string): Promise<Stored> {
  try {
    const { Parameter: parameter } = await ssm.send(
      new GetParameterCommand({ Name: parameterName, WithDecryption: true }),
    );
    const version = parameter?.Version ?? 0;
    if (parameter?.Type !== 'SecureString') {
      return {
        state: 'foreign',
        found: `a ${parameter?.Type ?? 'value'} instead of a SecureString`,
      };
    }
    return parseStored(parameter.Value ?? '', version);
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'ParameterNotFound') return { state: 'missing' };
    throw unavailable(parameterName, 'read', failure.text, failure.name);
  }
}

/** What Parameter Store answers where a value may not, or can no longer, be decrypted. */
const UNDECRYPTABLE: ReadonlySet<string> = new Set(['AccessDeniedException', 'InvalidKeyId']);

/**
 * Whether a failed read may be for the parameter's key, such as one that was changed or deleted. Where the parameter
 * itself may not be read, AWS names the action that is denied.
 */
export function isUndecryptable(error: unknown): boolean {
  if (!(error instanceof RefreshError) || error.message.includes('ssm:GetParameter')) return false;
  return UNDECRYPTABLE.has(error.details.reason ?? '');
}

/** The value of the parameter for a token. */
export function serialize(token: StoredToken): string {
  return JSON.stringify(token);
}

/**
 * Tells before anything is written whether a token fits.
 * @throws RefreshError `TOKEN_TOO_LARGE`
 */
export function assertFits(token: StoredToken, parameterName: string): void {
  const bytes = Buffer.byteLength(serialize(token));
  if (bytes <= MAX_VALUE_BYTES) return;
  throw new RefreshError(
    'TOKEN_TOO_LARGE',
    `the record for parameter ${parameterName} would take ${bytes} bytes, and Parameter Store holds at most ${MAX_VALUE_BYTES}. ` +
      'Ask the authorization server for a smaller token: fewer scopes or claims, or opaque tokens.',
  );
}

/**
 * Writes the token over whatever is there and returns the parameter's new version.
 * @throws RefreshError `TOKEN_TOO_LARGE`, `STORE_UNAVAILABLE`, `PARAMETER_OCCUPIED` (a parameter of another type)
 */
export async function writeToken(
  ssm: SSMClient,
  parameter: { readonly name: string; readonly keyId: string; readonly tier: ParameterTier },
  token: StoredToken,
): Promise<number> {
  assertFits(token, parameter.name);
  try {
    const { Version: version } = await ssm.send(
      new PutParameterCommand({
        Name: parameter.name,
        Value: serialize(token),
        // Sent with every write: without it some implementations store a plain String.
        Type: 'SecureString',
        KeyId: parameter.keyId,
        Overwrite: true,
        Tier: parameter.tier,
      }),
    );
    return version ?? 0;
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
    if (failure.name === 'ParameterMaxVersionLimitExceeded') {
      throw new RefreshError(
        'STORE_UNAVAILABLE',
        `parameter ${parameter.name} could not be written: its oldest version carries a label, and Parameter Store keeps ` +
          'such a version rather than taking a new one. Remove the label with: aws ssm unlabel-parameter-version',
        { reason: failure.name },
      );
    }
    throw unavailable(parameter.name, 'written', failure.text, failure.name);
  }
}

function unavailable(
  parameterName: string,
  what: 'read' | 'written',
  text: string,
  reason: string,
): RefreshError {
  return new RefreshError(
    'STORE_UNAVAILABLE',
    `parameter ${parameterName} could not be ${what}: ${text}. ` +
      "The next check tries again. If access is denied, compare the function's role and the key policy with the deployed template" +
      `${what === 'read' && UNDECRYPTABLE.has(reason) ? '; if the parameter is encrypted with another key than now, invoke the function with {"force": true} to replace it.' : '.'}`,
    { reason },
  );
}
