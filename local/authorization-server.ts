import type { ServerResponse } from 'node:http';
import type { AdapterPayload } from 'oidc-provider';
import { createProvider, randomSecret, TOKEN_PATH } from './authorization-server-provider.ts';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

/** Short enough to watch a backoff to its end. */
const RETRY_AFTER_SECONDS = 5;

export interface AuthorizationServerOptions {
  /** Seconds, default 90. */
  readonly tokenLifetime?: number;
  /** Default: `local-client`. */
  readonly clientId?: string;
  /** Default: random. */
  readonly clientSecret?: string;
}

/**
 * Tokens and client survive `stop` and `start`. While the server is stopped, it refuses connections, but `isActive`
 * still answers. A resource server that validates tokens itself behaves the same way.
 */
export interface AuthorizationServer extends LoopbackServer {
  readonly tokenUrl: string;
  readonly clientId: string;
  /** The current client secret. */
  readonly clientSecret: string;
  /** Token requests received, including those answered with an error. */
  readonly requests: number;
  /** Tokens issued. */
  readonly issued: number;
  /** If true, every token request is answered with 429 and a `Retry-After` of 5 seconds. False at first. */
  rateLimited: boolean;
  /** Revokes all tokens issued so far. */
  revokeAll(): void;
  /** Replaces the client secret. The former one is rejected from now on. */
  rotateClientSecret(): void;
  /** Whether the token was issued here and is neither revoked nor expired. */
  isActive(accessToken: string): Promise<boolean>;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/**
 * A real OAuth 2.0 authorization server on a loopback port. It has one client and the client credentials grant
 * (RFC 6749 section 4.4), with the scopes `travel:read travel:write` and any `resource` (RFC 8707).
 */
export async function startAuthorizationServer({
  tokenLifetime = 90,
  clientId = 'local-client',
  clientSecret = randomSecret(),
}: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const tokens = new Map<string, AdapterPayload>();
  const loopback = await startLoopbackServer((request, response) => {
    if (request.url?.split('?')[0] === TOKEN_PATH) {
      server.requests += 1;
      if (server.rateLimited) return rejectForRateLimit(response);
    }
    return handle(request, response);
  });
  const server: Mutable<AuthorizationServer> = {
    ...loopback,
    tokenUrl: `${loopback.url}${TOKEN_PATH}`,
    clientId,
    clientSecret,
    requests: 0,
    issued: 0,
    rateLimited: false,
    revokeAll: () => tokens.clear(),
    rotateClientSecret: () => {
      server.clientSecret = randomSecret();
    },
    isActive: async (accessToken) => (await provider.ClientCredentials.find(accessToken)) !== undefined,
  };
  const provider = createProvider({
    issuer: loopback.url,
    clientId,
    clientSecret: () => server.clientSecret,
    tokenLifetime,
    tokens,
  });
  provider.on('client_credentials.saved', () => {
    server.issued += 1;
  });
  const handle = provider.callback();
  return server;
}

function rejectForRateLimit(response: ServerResponse): void {
  response.writeHead(429, {
    'content-type': 'application/json',
    'retry-after': String(RETRY_AFTER_SECONDS),
  });
  response.end(JSON.stringify({ error: 'temporarily_unavailable' }));
}
