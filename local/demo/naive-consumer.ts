import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { networkErrorCode } from '../../lambda/refresher/token-request.ts';
import { SECRET_NAME } from '../function-environment.ts';
import type { ConsumerCall } from './consumer-state.ts';
import type { LocalSystem } from './local-system.ts';

export interface NaiveConsumer {
  /** Token requests sent. */
  readonly tokenRequests: number;
  /** Calls the API once. */
  call(): Promise<ConsumerCall>;
}

/**
 * What a function does without Token Refresher: it mints a token for itself, keeps it for as long as it lives, and mints
 * the next one when a call needs it.
 */
export function createNaiveConsumer(
  { cloud, authorizationServer: { tokenUrl }, apiUrl }: LocalSystem,
  now: () => number,
): NaiveConsumer {
  let tokenRequests = 0;
  /** `expiresAt` is Unix time in milliseconds. */
  let cached: { token: string; expiresAt: number } | undefined;

  const mint = async (): Promise<string | { failure: string }> => {
    const requestedAt = now();
    const secret = await cloud.secretsManager.send(new GetSecretValueCommand({ SecretId: SECRET_NAME }));
    tokenRequests += 1;
    const response = await fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        ...JSON.parse(secret.SecretString ?? ''),
        grant_type: 'client_credentials',
      }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return { failure: `no token: the authorization server answered ${response.status}` };
    }
    const { access_token: token, expires_in: lifetime } = (await response.json()) as {
      access_token: string;
      expires_in: number;
    };
    cached = { token, expiresAt: requestedAt + lifetime * 1_000 };
    return token;
  };
  return {
    get tokenRequests() {
      return tokenRequests;
    },
    async call() {
      try {
        const token = cached !== undefined && now() < cached.expiresAt ? cached.token : await mint();
        if (typeof token !== 'string') return { ok: false, reason: token.failure };
        const response = await fetch(apiUrl, { headers: { authorization: `Bearer ${token}` } });
        await response.body?.cancel();
        if (response.ok) return { ok: true, retried: false };
        return { ok: false, reason: `the API answered ${response.status}` };
      } catch (error) {
        return { ok: false, reason: `no token: ${networkErrorCode(error)}` };
      }
    },
  };
}
