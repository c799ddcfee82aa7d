import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider, { type Adapter, type AdapterPayload, type JWK } from 'oidc-provider';

export const TOKEN_PATH = '/v2/auth/oauth2-token';

/** Allowed to the client, with or without a `resource`. */
const SCOPES = ['travel:read', 'travel:write'];

export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** The current client secret. It is read for every request. */
  readonly clientSecret: () => string;
  /** Seconds. */
  readonly tokenLifetime: number;
  /** Receives the issued tokens, by their value. */
  readonly tokens: Map<string, AdapterPayload>;
}

/**
 * An oidc-provider with one client and opaque tokens. It accepts the credentials in the form and in the header. The
 * settings that seem unrelated replace defaults that would print warnings.
 */
export function createProvider(settings: ProviderSettings): Provider {
  const { issuer, clientId, clientSecret, tokenLifetime, tokens } = settings;
  const provider = new Provider(issuer, {
    adapter: (model: string) => createAdapter(model === 'ClientCredentials' ? tokens : new Map()),
    clients: [
      {
        client_id: clientId,
        // Required, but never compared: see compareClientSecret below.
        client_secret: randomSecret(),
        grant_types: ['client_credentials'],
        id_token_signed_response_alg: 'ES256',
        redirect_uris: [],
        response_types: [],
        scope: SCOPES.join(' '),
      },
    ],
    clientBasedCORS: () => false,
    // By default, a token is accepted for 15 seconds after its expiry.
    clockTolerance: 0,
    cookies: { keys: [randomSecret()] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        getResourceServerInfo: () => ({ scope: SCOPES.join(' '), accessTokenFormat: 'opaque' }),
      },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
    },
    jwks: { keys: [signingKey()] },
    renderError: (context, error) => {
      context.body = error;
    },
    routes: { token: TOKEN_PATH },
    scopes: SCOPES,
    ttl: { ClientCredentials: tokenLifetime },
  });
  // Koa would print an error for each connection that a client closes early.
  provider.silent = true;
  provider.Client.prototype.compareClientSecret = (secret) => secret === clientSecret();
  return provider;
}

export function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** Nothing is signed here, but the client's algorithm requires a key. An EC key is the fastest to generate. */
function signingKey(): JWK {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as JWK;
}

/** Keeps expired tokens: the provider checks the expiry of a token that it finds. */
function createAdapter(entries: Map<string, AdapterPayload>): Adapter {
  return {
    find: async (id) => entries.get(id),
    upsert: async (id, payload) => void entries.set(id, payload),
    destroy: async (id) => void entries.delete(id),
    // Only for grants with a user.
    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  };
}
