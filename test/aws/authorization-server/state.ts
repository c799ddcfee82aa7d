/** How the authorization server answers token requests: with a token, with 401, or with 429. */
export type Mode = 'issue' | 'refuse' | 'limit';

/** The authorization server's state, in a SecureString parameter that the test writes and the function reads. */
export interface ServerState {
  readonly clientId: string;
  /** SHA-256 in hex. */
  readonly clientSecretHash: string;
  /** Signs the tokens, so that the server need not store them. */
  readonly signingKey: string;
  /** A token is active if it has this number. To revoke all tokens, increase it. */
  readonly generation: number;
  readonly mode: Mode;
  readonly tokenFormat: 'opaque' | 'jwt';
  /** Seconds. */
  readonly tokenLifetime: number;
}

/** Environment variable with the parameter's name. */
export const STATE_PARAMETER = 'STATE_PARAMETER_NAME';

export const PATHS = {
  token: '/v2/auth/oauth2-token',
  api: '/trips',
  runtime: '/runtime',
} as const;
