/** Names of the function's metrics, shared by the function that emits them and the infrastructure that watches them. */
export const METRICS_NAMESPACE = 'TokenRefresher';
export const METRICS_SERVICE = 'token-refresher';

/** Powertools' own dimension of every metric, whose value is `METRICS_SERVICE`. */
export const SERVICE_DIMENSION = 'service';

/** The dimension that tells one refresher from another: the parameter's name. */
export const PARAMETER_DIMENSION = 'parameter';

/** The further dimension of `Failed` that names the error code. */
export const CODE_DIMENSION = 'code';

export const METRIC = {
  /** Seconds of validity left in the stored token after a run, whatever its outcome; 0 where readers find none. */
  secondsUntilExpiry: 'SecondsUntilExpiry',
  minted: 'Minted',
  kept: 'Kept',
  /** Failed runs, each under its error code alone: their sum is the function's own metric `Errors`, which costs nothing. */
  failed: 'Failed',
  /** Requests to the token endpoint in one run. */
  mintAttempts: 'MintAttempts',
  /** Milliseconds from the first request to the grant, waits included. */
  mintDuration: 'MintDuration',
  /** The client was rejected with the current secret and accepted with the previous one. */
  previousCredentialsUsed: 'PreviousCredentialsUsed',
  /** A token was granted that lives too short for `checkEvery`, or for the alarms to come in time. */
  lifetimeTooShort: 'LifetimeTooShort',
} as const;
