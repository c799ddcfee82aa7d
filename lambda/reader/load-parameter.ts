import { describeAwsFailure, isAccessDenied, isWithoutCredentials } from '../shared/aws-failure.ts';
import { parseStored, type StoredToken } from '../shared/stored-token.ts';
import type { ReadParameter } from './read-parameter.ts';
import type { Transient } from './retry-pace.ts';
import { type ServiceError, wasThrottled } from './service-error.ts';
import type { TokenUnavailableCode, Unavailability } from './token-unavailable-error.ts';

/** The result of one load of the parameter. */
export type Loaded =
  | {
      readonly type: 'token';
      readonly token: StoredToken;
      readonly failure?: never;
      readonly transient?: never;
    }
  | {
      readonly type: 'failure';
      readonly failure: Unavailability;
      /** Set if the same load may succeed in a moment. */
      readonly transient?: Transient;
    };

/** Loads the parameter once. Never rejects. */
export type Load = () => Promise<Loaded>;

export async function loadParameter(read: ReadParameter, parameterName: string): Promise<Loaded> {
  try {
    const { Type, Value } = await read(parameterName);
    return tokenIn(Type, Value, parameterName);
  } catch (error) {
    return failedLoad(error, parameterName);
  }
}

// Stryker disable next-line StringLiteral: no text for a missing value is a record
function tokenIn(type = 'value', value = '', parameterName: string): Loaded {
  // The reader does not need the parameter's version: the record itself says which token is newer.
  const stored = type === 'SecureString' ? parseStored(value, 0) : undefined;
  if (stored?.state === 'token') return { type: 'token', token: stored.token };
  if (stored?.state === 'unreadable') {
    return failed(
      'RECORD_UNREADABLE',
      `parameter ${parameterName} holds a damaged token record. The refresher replaces it at its next check. ` +
        'Find out what else writes to this parameter.',
    );
  }
  const found = stored?.state === 'foreign' ? stored.found : `a ${type} instead of a SecureString`;
  return failed(
    'PARAMETER_OCCUPIED',
    `parameter ${parameterName} holds ${found}, not a token record. Set parameterName to the refresher's parameter.`,
  );
}

function failedLoad(error: unknown, parameterName: string): Loaded {
  const { name, text } = describeAwsFailure(error);
  if (name === 'ParameterNotFound') {
    return failed(
      'PARAMETER_NOT_FOUND',
      `parameter ${parameterName} does not exist in this account and region. The refresher creates it with its first ` +
        "token. Check parameterName, and the refresher's last run.",
    );
  }
  const cause = Object.assign(new Error(text), { name });
  const fact = `parameter ${parameterName} could not be read: ${text}.`;
  if (isWithoutCredentials(name)) return withoutCredentials(fact, cause);
  // Node.js did not send the request.
  if (name === 'ERR_INVALID_CHAR') {
    const remedy = 'Remove line breaks from AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN.';
    return failed('CONFIGURATION_INVALID', `${fact} ${remedy}`, cause);
  }
  if (isAccessDenied(name)) {
    const remedy =
      'Allow it with refresher.grantRead(fn). If another app deploys the refresher, also name the role in its readers.';
    return failed('ACCESS_DENIED', `${fact} ${remedy}`, cause);
  }
  if (wasThrottled({ ...(error as ServiceError), name })) {
    const remedy =
      'Try again later. If this lasts, find out what else reads from Parameter Store, or raise its throughput.';
    return { ...failed('STORE_UNAVAILABLE', `${fact} ${remedy}`, cause), transient: 'throttled' };
  }
  const { httpStatusCode: status = 0, clockSkewCorrected } = (error as ServiceError).$metadata ?? {};
  if (status >= 400 && status < 500 && clockSkewCorrected !== true) {
    const remedy = 'Check parameterName, the region and the credentials.';
    return failed('REQUEST_REJECTED', `${fact} ${remedy}`, cause);
  }
  const remedy =
    'Try again later. If this lasts, check the network path to Systems Manager: a VPC needs an endpoint for ssm.';
  return { ...failed('STORE_UNAVAILABLE', `${fact} ${remedy}`, cause), transient: 'failing' };
}

/** If the environment names the source of the credentials, as in ECS and EKS, the source has failed, which may pass. */
function withoutCredentials(fact: string, cause: Error): Loaded {
  const { env } = process;
  const source =
    env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI ||
    env.AWS_CONTAINER_CREDENTIALS_FULL_URI ||
    env.AWS_WEB_IDENTITY_TOKEN_FILE;
  if (!source) {
    const remedy = 'Give the function a role, or set AWS_PROFILE or the variables of credentials.';
    return failed('ACCESS_DENIED', `${fact} ${remedy}`, cause);
  }
  const remedy =
    "Try again later. If this lasts, check the container's role and the agent that serves its credentials.";
  return { ...failed('STORE_UNAVAILABLE', `${fact} ${remedy}`, cause), transient: 'failing' };
}

/** A load that failed. `cause` names the error, without its message if that may hold the token. */
export function failed(
  code: TokenUnavailableCode,
  text: string,
  cause?: Error,
): Extract<Loaded, { type: 'failure' }> {
  return { type: 'failure', failure: { code, text, ...(cause && { cause }) } };
}
