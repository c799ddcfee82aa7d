import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

export const TOKEN_PATH = '/v2/auth/oauth2-token';

export interface AuthorizationServer extends LoopbackServer {
  readonly tokenUrl: string;
  readonly clientId: string;
  /** The client secret in force. */
  readonly clientSecret: string;
  /** Token requests received while up. */
  readonly requests: number;
  /** Whether every token request is answered with 429. */
  rateLimited: boolean;
  /** Seconds that `Retry-After` asks for while rate limited. */
  retryAfter: number;
  /** Revokes every token issued so far. */
  revokeAll(): void;
  /** Puts a new client secret in force; the one before is refused at once. */
  rotateClientSecret(): string;
  /** Whether a token was issued here, is not revoked and has not expired. */
  isActive(accessToken: string): Promise<boolean>;
}

/**
 * A real OAuth 2.0 authorization server with one client and the client-credentials grant, on a loopback port.
 * `tokenLifetime` is in seconds.
 */
export async function startAuthorizationServer({
  port = 0,
  tokenLifetime = 90,
  clientAuthentication = 'client_secret_post',
}: {
  port?: number;
  tokenLifetime?: number;
  clientAuthentication?: 'client_secret_post' | 'client_secret_basic';
} = {}): Promise<AuthorizationServer> {
  const clientId = 'local-client';
  const state = { clientSecret: newSecret(), requests: 0, rateLimited: false, retryAfter: 5 };
  const tokens = new Map<string, AdapterPayload>();

  const client = (): AdapterPayload => ({
    client_id: clientId,
    client_secret: state.clientSecret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: clientAuthentication,
    scope: 'travel:read travel:write',
  });
  const server = await startLoopbackServer((request, response) => {
    if (request.url === TOKEN_PATH) state.requests += 1;
    if (state.rateLimited && request.url === TOKEN_PATH) {
      response.writeHead(429, {
        'content-type': 'application/json',
        'retry-after': String(state.retryAfter),
      });
      response.end(JSON.stringify({ error: 'temporarily_unavailable' }));
      return;
    }
    handle(request, response);
  }, port);
  const provider = new Provider(server.url, {
    adapter: (model: string) => createAdapter(model, tokens, client),
    cookies: { keys: [newSecret()] },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    // Its own keys, though nothing is signed here: with none given the library warns about its built-in ones.
    jwks: {
      keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })],
    } as never,
    routes: { token: TOKEN_PATH },
    scopes: ['travel:read', 'travel:write'],
    ttl: { ClientCredentials: tokenLifetime },
  });
  const handle = provider.callback();

  return {
    url: server.url,
    get up() {
      return server.up;
    },
    start: server.start,
    stop: server.stop,
    tokenUrl: `${server.url}${TOKEN_PATH}`,
    clientId,
    get clientSecret() {
      return state.clientSecret;
    },
    get requests() {
      return state.requests;
    },
    get rateLimited() {
      return state.rateLimited;
    },
    set rateLimited(on) {
      state.rateLimited = on;
    },
    get retryAfter() {
      return state.retryAfter;
    },
    set retryAfter(seconds) {
      state.retryAfter = seconds;
    },
    revokeAll: () => tokens.clear(),
    rotateClientSecret: () => {
      state.clientSecret = newSecret();
      return state.clientSecret;
    },
    isActive: async (accessToken) => (await provider.ClientCredentials.find(accessToken)) !== undefined,
  };
}

function createAdapter(
  model: string,
  tokens: Map<string, AdapterPayload>,
  client: () => AdapterPayload,
): Adapter {
  return {
    find: async (id) => {
      if (model === 'Client') return id === client().client_id ? client() : undefined;
      return tokens.get(id);
    },
    upsert: async (id, payload) => void tokens.set(id, payload),
    destroy: async (id) => void tokens.delete(id),
    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  };
}

function newSecret(): string {
  return randomBytes(24).toString('base64url');
}
