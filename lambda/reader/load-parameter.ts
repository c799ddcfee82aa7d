import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure, isAccessDenied } from '../shared/aws-failure.ts';
import { parseStored, type StoredToken } from '../shared/stored-token.ts';
import { abortable } from './abortable.ts';
import type { Transient } from './retry-pace.ts';
import type { TokenUnavailableCode, Unavailability } from './token-unavailable-error.ts';

/** The result of one load of the parameter. */
export type Loaded =
  | { readonly type: 'token'; readonly token: StoredToken }
  | {
      readonly type: 'failure';
      readonly failure: Unavailability;
      /** Set if the same load may succeed in a moment. */
      readonly transient?: Transient;
    };

/** Loads the parameter once. Never rejects. */
export type Load = () => Promise<Loaded>;

/**
 * A client with the region and credentials of the environment. A call within a region takes milliseconds. A slower one,
 * for example on a connection that died while the container was frozen, fails. The client does not retry, because it does not
 * know how long to wait, and each retry counts against the throughput. The reader retries instead.
 */
export function createSsmClient(): SSMClient {
  return new SSMClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_500, requestTimeout: 4_000, throwOnRequestTimeout: true },
  });
}

/** Milliseconds for one load, the search for credentials included. The caller's own client may have no time limit. */
const LOAD_TIMEOUT_MS = 15_000;

export async function loadParameter(ssm: SSMClient, parameterName: string): Promise<Loaded> {
  const abortSignal = AbortSignal.timeout(LOAD_TIMEOUT_MS);
  try {
    const command = new GetParameterCommand({ Name: parameterName, WithDecryption: true });
    // The client respects the signal while it sends, but not while it looks for credentials.
    const { Parameter } = await abortable(ssm.send(command, { abortSignal }), abortSignal);
    return tokenIn(Parameter?.Type, Parameter?.Value, parameterName);
  } catch (error) {
    return failedLoad(error, parameterName);
  }
}

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
  if (isAccessDenied(name)) {
    const remedy =
      'Allow it with refresher.grantRead(fn). If another app deploys the refresher, also name the role in its readers.';
    return failed('ACCESS_DENIED', `${fact} ${remedy}`, cause);
  }
  const { httpStatusCode: status, clockSkewCorrected } = metadataOf(error);
  if (status === 429 || /Throttl|TooManyRequests/.test(name)) {
    const remedy =
      'Try again later. If this lasts, find out what else reads from Parameter Store, or raise its throughput.';
    return { ...failed('STORE_UNAVAILABLE', `${fact} ${remedy}`, cause), transient: 'throttled' };
  }
  // After this refusal, the client signs with the clock of Parameter Store.
  if (status !== undefined && status >= 400 && status < 500 && clockSkewCorrected !== true) {
    const remedy = 'Check parameterName, the region and the credentials.';
    return failed('REQUEST_REJECTED', `${fact} ${remedy}`, cause);
  }
  const remedy =
    'Try again later. If this lasts, check the network path to Systems Manager: a VPC needs an endpoint for ssm.';
  return { ...failed('STORE_UNAVAILABLE', `${fact} ${remedy}`, cause), transient: 'failing' };
}

function metadataOf(error: unknown): { httpStatusCode?: number; clockSkewCorrected?: boolean } {
  return (error as { $metadata?: object }).$metadata ?? {};
}

function failed(
  code: TokenUnavailableCode,
  text: string,
  cause?: Error,
): Extract<Loaded, { type: 'failure' }> {
  return { type: 'failure', failure: { code, text, ...(cause && { cause }) } };
}
