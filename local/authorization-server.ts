import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdapterPayload } from 'oidc-provider';
import { createProvider, randomSecret, TOKEN_PATH } from './authorization-server-provider.ts';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

export { TOKEN_PATH };

/** Seconds; short enough for somebody who watches a backoff to see its end. */
const DEFAULT_RETRY_AFTER = 5;

export interface AuthorizationServerOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Seconds, default 90. */
  readonly tokenLifetime?: number;
  /** Default: `local-client`. */
  readonly clientId?: string;
  /** Default: a random one. */
  readonly clientSecret?: string;
}

/**
 * The tokens and the client outlast `stop` and `start`. While it is stopped, connections are refused, but
 * `isActive` goes on answering, as at a resource server that does not ask the authorization server each time.
 */
export interface AuthorizationServer extends LoopbackServer {
  readonly tokenUrl: string;
  readonly clientId: string;
  /** The client secret in force. */
  readonly clientSecret: string;
  /** Token requests received, those answered with an error among them. */
  readonly requests: number;
  /** Tokens issued. */
  readonly issued: number;
  /** Whether every token request is answered with 429. Setting it is `rateLimit` with the default. */
  rateLimited: boolean;
  /** `retryAfterSeconds` is what `Retry-After` says while it is on, default 5. */
  rateLimit(on: boolean, retryAfterSeconds?: number): void;
  /** Revokes every token issued so far. Resolves to how many were still active. */
  revoke(): Promise<number>;
  /** `revoke`, at once and without the count. */
  revokeAll(): void;
  /**
   * Puts a new client secret in force and returns it. The one before is refused from then on, unless `keepPrevious`
   * (default false) has it accepted until the next rotation.
   */
  rotateClientSecret(options?: { readonly keepPrevious?: boolean }): string;
  /** Whether a token was issued here, is not revoked and has not expired. */
  isActive(accessToken: string): Promise<boolean>;
  /** Stops it for good. */
  close(): Promise<void>;
}

/**
 * A real OAuth 2.0 authorization server on a loopback port, with one client and the client-credentials grant
 * (RFC 6749 section 4.4), scopes `travel:read travel:write` and any `resource` (RFC 8707).
 */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const { port = 0, tokenLifetime = 90, clientId = 'local-client', clientSecret = randomSecret() } = options;
  const tokens = new Map<string, AdapterPayload>();
  let secrets: readonly [current: string, previous?: string] = [clientSecret];
  let requests = 0;
  let issued = 0;
  let limit: { readonly retryAfter: number } | undefined;

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url?.split('?')[0] === TOKEN_PATH) {
      requests += 1;
      if (limit !== undefined) return refuse(response, limit.retryAfter);
    }
    handle(request, response);
  };
  const server = await startLoopbackServer(listener, port);
  const provider = createProvider({
    issuer: server.url,
    clientId,
    clientSecrets: () => secrets.filter((secret) => secret !== undefined),
    tokenLifetime,
    tokens,
  });
  provider.on('client_credentials.saved', () => {
    issued += 1;
  });
  const handle = provider.callback();
  const rateLimit = (on: boolean, retryAfter = DEFAULT_RETRY_AFTER): void => {
    limit = on ? { retryAfter } : undefined;
  };

  return {
    url: server.url,
    tokenUrl: `${server.url}${TOKEN_PATH}`,
    clientId,
    get clientSecret() {
      return secrets[0];
    },
    get up() {
      return server.up;
    },
    start: server.start,
    stop: server.stop,
    close: server.stop,
    get requests() {
      return requests;
    },
    get issued() {
      return issued;
    },
    get rateLimited() {
      return limit !== undefined;
    },
    set rateLimited(on) {
      rateLimit(on);
    },
    rateLimit,
    revoke: async () => {
      const found = await Promise.all([...tokens.keys()].map((id) => provider.ClientCredentials.find(id)));
      const active = found.filter((token) => token !== undefined);
      await Promise.all(active.map((token) => token.destroy()));
      return active.length;
    },
    revokeAll: () => tokens.clear(),
    rotateClientSecret: ({ keepPrevious = false } = {}) => {
      const next = randomSecret();
      secrets = keepPrevious ? [next, secrets[0]] : [next];
      return next;
    },
    isActive: async (accessToken) => (await provider.ClientCredentials.find(accessToken)) !== undefined,
  };
}

function refuse(response: ServerResponse, retryAfter: number): void {
  response.writeHead(429, { 'content-type': 'application/json', 'retry-after': String(retryAfter) });
  response.end(JSON.stringify({ error: 'temporarily_unavailable' }));
}
