import { AwsError, validation } from './aws-error.ts';

/** Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;

/** A key id, an alias, or the ARN of either. */
const KEY_ID =
  /^(arn:aws[\w-]*:kms:[\w-]+:\d{12}:(key|alias)\/.+|alias\/.+|[0-9a-fA-F-]{36}|mrk-[0-9a-f]{32})$/;

/** The tier in which a value is stored. An advanced parameter never becomes a standard one again. */
export function chooseTier(
  value: string,
  requested: string,
  before: string | undefined,
): 'Standard' | 'Advanced' {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0) {
    throw validation(
      "1 validation error detected: Value at 'value' failed to satisfy constraint: length at least 1",
    );
  }
  if (bytes > ADVANCED_BYTES) throw tooLarge('Advanced', ADVANCED_BYTES);
  if (requested === 'Advanced') return 'Advanced';
  const needsAdvanced = before === 'Advanced' || bytes > STANDARD_BYTES;
  if (requested === 'Intelligent-Tiering') return needsAdvanced ? 'Advanced' : 'Standard';
  if (before === 'Advanced') {
    throw validation(
      'This parameter uses the advanced-parameter tier and cannot be made a standard parameter.',
    );
  }
  if (bytes > STANDARD_BYTES) throw tooLarge('Standard', STANDARD_BYTES);
  return 'Standard';
}

function tooLarge(tier: string, bytes: number): AwsError {
  return validation(`${tier} tier parameters support a maximum parameter value of ${bytes} characters.`);
}

export function checkKeyId(keyId: string): void {
  if (!KEY_ID.test(keyId)) throw new AwsError('InvalidKeyId', `Invalid keyId ${keyId}`);
}
