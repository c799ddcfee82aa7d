/**
 * Names of the refresher function's environment variables, shared by the function that reads them and the
 * infrastructure that sets them.
 */
export const ENVIRONMENT = {
  tokenUrl: 'TOKEN_URL',
  credentialsSecretId: 'CREDENTIALS_SECRET_ID',
  parameterName: 'TOKEN_PARAMETER_NAME',
  parameterKeyId: 'TOKEN_PARAMETER_KEY_ID',
  parameterTier: 'TOKEN_PARAMETER_TIER',
  scope: 'TOKEN_SCOPE',
  extraParameters: 'TOKEN_EXTRA_PARAMETERS',
  clientAuthentication: 'CLIENT_AUTHENTICATION',
  checkEvery: 'CHECK_EVERY_SECONDS',
  refreshBefore: 'REFRESH_BEFORE_SECONDS',
} as const;

/** The parameter by which one run at a time claims the replacement of a rejected token. It holds no secret. */
export function claimParameterName(parameterName: string): string {
  return `${parameterName}.claim`;
}

/** How the client proves itself to the token endpoint (RFC 6749 section 2.3.1, names as in RFC 7591). */
export const CLIENT_AUTHENTICATION_METHODS = ['client_secret_post', 'client_secret_basic'] as const;
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number];

/**
 * Parameter Store's tiers, of which `Intelligent-Tiering` chooses one by size: up to 4 KB standard, beyond it advanced.
 * `Advanced` is for a parameter that is shared with another account.
 */
export const PARAMETER_TIERS = ['Intelligent-Tiering', 'Advanced'] as const;
export type ParameterTier = (typeof PARAMETER_TIERS)[number];

/** Form fields that the refresher sets itself; extra parameters may not replace them. */
export const RESERVED_FORM_FIELDS = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'grant_type',
  'scope',
] as const;

/**
 * What is added to `checkEvery` to get the least validity that has to be left after a check, in seconds. EventBridge
 * Scheduler fires within 60 seconds of the planned time, so the next check may be that much later.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule.html
 */
export const SCHEDULE_PRECISION_SECONDS = 60;

/**
 * Time for a run, in seconds. Minting backs off inside it, and it ends before the next check can begin (`checkEvery` is
 * at least a minute), so that two runs do not mint side by side.
 */
export const RUN_TIMEOUT_SECONDS = 60;

/** Why a token URL cannot be used, or undefined where it can: the client secret travels there. */
export function tokenUrlProblem(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null) return 'it is not an absolute URL';
  if (url.username !== '' || url.password !== '') return 'it holds credentials; put them into the secret';
  if (url.searchParams.has('client_secret') || url.searchParams.has('client_assertion')) {
    return 'its query holds credentials; put them into the secret';
  }
  if (url.hash !== '') return 'it has a fragment, which RFC 6749 section 3.2 forbids';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopback(url.hostname)) return undefined;
  return 'only https: is allowed (http: only for localhost, 127.0.0.1 and [::1])';
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
