/** Environment variables of the refresher function. The infrastructure sets them, the function reads them. */
export const ENVIRONMENT = {
  tokenUrl: 'TOKEN_URL',
  credentialsSecretId: 'CREDENTIALS_SECRET_ID',
  credentialFields: 'CREDENTIAL_FIELDS',
  parameterName: 'TOKEN_PARAMETER_NAME',
  parameterKeyId: 'TOKEN_PARAMETER_KEY_ID',
  parameterTier: 'TOKEN_PARAMETER_TIER',
  parameterTags: 'TOKEN_PARAMETER_TAGS',
  scope: 'TOKEN_SCOPE',
  extraParameters: 'TOKEN_EXTRA_PARAMETERS',
  clientAuthentication: 'CLIENT_AUTHENTICATION',
  defaultLifetime: 'DEFAULT_LIFETIME_SECONDS',
  revokesFormerToken: 'REVOKES_FORMER_TOKEN',
  checkEvery: 'CHECK_EVERY_SECONDS',
  refreshBefore: 'REFRESH_BEFORE_SECONDS',
} as const;

/** Name of the parameter that lets one run at a time mint. It holds no secret. */
export function claimParameterName(parameterName: string): string {
  return `${parameterName}.claim`;
}

/** How the client authenticates at the token endpoint (RFC 6749 section 2.3.1, names from RFC 7591). */
export const CLIENT_AUTHENTICATION_METHODS = ['client_secret_post', 'client_secret_basic'] as const;
export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number];

/** `Intelligent-Tiering` uses a standard parameter up to 4 KB. Sharing with another account requires `Advanced`. */
export const PARAMETER_TIERS = ['Intelligent-Tiering', 'Advanced'] as const;
export type ParameterTier = (typeof PARAMETER_TIERS)[number];

/** Form fields that the refresher sets itself. Extra parameters must not contain them. */
export const RESERVED_FORM_FIELDS = [
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'grant_type',
  'scope',
] as const;
