import { RefreshError } from '../shared/refresh-error.ts';

/** Parameter Store refuses a write with this if it would have to delete a version that has a label. */
export const MAX_VERSIONS = 'ParameterMaxVersionLimitExceeded';

/** The error for a parameter whose oldest version has a label. */
export function labeled(name: string): RefreshError {
  return new RefreshError(
    'STORE_UNAVAILABLE',
    `parameter ${name} could not be written, because its oldest version has a label and Parameter Store does not ` +
      'delete labeled versions. Remove the label with: aws ssm unlabel-parameter-version',
    { reason: MAX_VERSIONS },
  );
}
