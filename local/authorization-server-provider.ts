import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider, { type Adapter, type AdapterPayload, type JWK } from 'oidc-provider';

export const TOKEN_PATH = '/v2/auth/oauth2-token';

/** The scopes that the one client may ask for, with or without a `resource`. */
const SCOPES = ['travel:read', 'travel:write'];

export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** The client secrets accepted at this moment; asked anew for every request. */
  readonly clientSecrets: () => readonly string[];
  /** Seconds. */
  readonly tokenLifetime: number;
  /** Where the issued tokens are kept, by their value. */
  readonly tokens: Map<string, AdapterPayload>;
}

/**
 * An oidc-provider with one client, which takes its credentials in the form and in the header alike, and opaque
 * tokens. What is configured here beyond that replaces defaults that announce themselves on the console.
 */
export function createProvider(settings: ProviderSettings): Provider {
  const { issuer, clientId, clientSecrets, tokenLifetime, tokens } = settings;
  const provider = new Provider(issuer, {
    adapter: (model: string) => createAdapter(model === 'ClientCredentials' ? tokens : new Map()),
    clients: [
      {
        client_id: clientId,
        // Has to be there, but is never compared: see compareClientSecret below.
        client_secret: randomSecret(),
        grant_types: ['client_credentials'],
        id_token_signed_response_alg: 'ES256',
        redirect_uris: [],
        response_types: [],
        scope: SCOPES.join(' '),
      },
    ],
    clientBasedCORS: () => false,
    // Else it would take a token for 15 seconds after it has expired.
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
  // Koa prints what a client does to its own connection, such as a request cut short.
  provider.silent = true;
  provider.Client.prototype.compareClientSecret = (secret) => clientSecrets().includes(secret);
  return provider;
}

export function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}

/** Nothing is signed here, but a client needs an algorithm that there is a key for; this kind is made at once. */
function signingKey(): JWK {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as JWK;
}

/** Expired tokens stay until they are asked for, when the provider finds them expired. */
function createAdapter(entries: Map<string, AdapterPayload>): Adapter {
  return {
    find: async (id) => entries.get(id),
    upsert: async (id, payload) => void entries.set(id, payload),
    destroy: async (id) => void entries.delete(id),
    // For grants with a user, of which there are none.
    consume: async () => undefined,
    findByUid: async () => undefined,
    findByUserCode: async () => undefined,
    revokeByGrantId: async () => undefined,
  };
}
