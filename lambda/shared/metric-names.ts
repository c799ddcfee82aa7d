/** Names of the metrics, shared by the function that emits them and the infrastructure that watches them. */
export const METRICS_NAMESPACE = 'TokenRefresher';
export const METRICS_SERVICE = 'token-refresher';

/** Powertools adds this dimension to every metric, with the value `METRICS_SERVICE`. */
export const SERVICE_DIMENSION = 'service';

/** Identifies the refresher by its parameter's name. */
export const PARAMETER_DIMENSION = 'parameter';

/** Additional dimension of `Failed`: the error code. */
export const CODE_DIMENSION = 'code';

export const METRIC = {
  /**
   * Remaining validity of the stored token after a run, successful or not; 0 if there is no token. If the endpoint granted the
   * stored token again, it is not less than the threshold of `TokenExpiring`.
   */
  secondsUntilExpiry: 'SecondsUntilExpiry',
  minted: 'Minted',
  kept: 'Kept',
  /** Runs in which the endpoint granted the stored token again. */
  sameToken: 'SameToken',
  /**
   * Runs with a failed attempt: in total, and by error code. Each run counts once, at its first failure. Lambda's own metric
   * `Errors` arrives only when a run ends, with the time of its start.
   */
  failed: 'Failed',
  /** Requests to the token endpoint in one run. */
  mintAttempts: 'MintAttempts',
  /** Milliseconds from the first request to the grant, including waits. */
  mintDuration: 'MintDuration',
  /** The client was rejected with the current secret and accepted with the previous one. */
  previousCredentialsUsed: 'PreviousCredentialsUsed',
  /** The lifetime of a minted token is too short for `checkEvery`, or for the alarms to fire in time. */
  lifetimeTooShort: 'LifetimeTooShort',
} as const;
