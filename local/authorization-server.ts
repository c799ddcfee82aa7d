import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdapterPayload } from 'oidc-provider';
import { createProvider, randomSecret, TOKEN_PATH } from './authorization-server-provider.ts';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

export { TOKEN_PATH };

/** Short enough for somebody who watches a backoff to see its end. */
const RETRY_AFTER_SECONDS = 5;

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
  /** Whether every token request is answered with 429 and a `Retry-After` of 5 seconds. False at first. */
  rateLimited: boolean;
  /** Revokes every token issued so far. */
  revokeAll(): void;
  /**
   * Puts a new client secret in force and returns it. The one before is refused from then on, unless `keepPrevious`
   * (default false) has it accepted until the next rotation.
   */
  rotateClientSecret(options?: { readonly keepPrevious?: boolean }): string;
  /** Whether a token was issued here, is not revoked and has not expired. */
  isActive(accessToken: string): Promise<boolean>;
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
  let rateLimited = false;

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url?.split('?')[0] === TOKEN_PATH) {
      requests += 1;
      if (rateLimited) {
        refuse(response);
        return;
      }
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
    get requests() {
      return requests;
    },
    get issued() {
      return issued;
    },
    get rateLimited() {
      return rateLimited;
    },
    set rateLimited(on) {
      rateLimited = on;
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

function refuse(response: ServerResponse): void {
  response.writeHead(429, {
    'content-type': 'application/json',
    'retry-after': String(RETRY_AFTER_SECONDS),
  });
  response.end(JSON.stringify({ error: 'temporarily_unavailable' }));
}
