import { AwsError, validation } from './aws-error.ts';

export const PARAMETER_TYPES = ['String', 'StringList', 'SecureString'] as const;
export const PARAMETER_TIERS = ['Standard', 'Advanced', 'Intelligent-Tiering'] as const;

/** Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const STANDARD_BYTES = 4096;
const ADVANCED_BYTES = 8192;

/** Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
export function checkParameterName(name: string): void {
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name)) {
    throw validation('Parameter name must hold only letters, digits and the symbols _ . - /');
  }
  if (/^\/?(aws|ssm)/i.test(name)) {
    throw /^\/?aws/i.test(name)
      ? new AwsError('AccessDeniedException', `No access to reserved parameter name: ${name}.`)
      : validation('Parameter name must not begin with "ssm" (case-insensitive)');
  }
  if (name.includes('/') && !name.startsWith('/'))
    throw validation('Parameter name must be a fully qualified name');
  if (name.split('/').length - 1 > 15) {
    throw new AwsError('HierarchyLevelLimitExceededException', 'A parameter name can have at most 15 levels');
  }
}

/** The tier that a value ends up in. An advanced parameter never becomes a standard one again. */
export function chooseTier(
  value: string,
  asked: string,
  before: string | undefined,
): 'Standard' | 'Advanced' {
  const bytes = Buffer.byteLength(value);
  if (bytes === 0)
    throw validation(
      "1 validation error detected: Value at 'value' failed to satisfy constraint: length at least 1",
    );
  if (bytes > ADVANCED_BYTES)
    throw validation(
      `Advanced tier parameters support a maximum parameter value of ${ADVANCED_BYTES} characters.`,
    );
  if (
    asked === 'Advanced' ||
    (asked === 'Intelligent-Tiering' && (before === 'Advanced' || bytes > STANDARD_BYTES))
  ) {
    return 'Advanced';
  }
  if (before === 'Advanced')
    throw validation(
      'This parameter uses the advanced-parameter tier and cannot be made a standard parameter.',
    );
  if (bytes > STANDARD_BYTES)
    throw validation(
      `Standard tier parameters support a maximum parameter value of ${STANDARD_BYTES} characters.`,
    );
  return 'Standard';
}

export function checkKeyId(keyId: string): void {
  if (
    /^(arn:aws[\w-]*:kms:[\w-]+:\d{12}:(key|alias)\/.+|alias\/.+|[0-9a-fA-F-]{36}|mrk-[0-9a-f]{32})$/.test(
      keyId,
    )
  )
    return;
  throw new AwsError('InvalidKeyId', `Invalid keyId ${keyId}`);
}
