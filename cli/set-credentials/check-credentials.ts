import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import type { ClientCredentials } from '../../lambda/refresher/credentials.ts';
import { mint } from '../../lambda/refresher/mint.ts';
import type { Clock } from '../../lambda/shared/clock.ts';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import { Unable } from '../unable.ts';

/** Milliseconds for asking the token endpoint, its backoff included: as long as somebody may be kept waiting. */
const CHECK_TIME_MS = 45_000;

/** Credentials as they are put into the secret. */
export interface NewCredentials extends ClientCredentials {
  /** The secret's value: JSON with at least `client_id` and `client_secret`. */
  readonly secretString: string;
}

/**
 * Reads credentials from the JSON that was sent to standard input. Further fields are kept.
 * @throws Unable that says what was found, never the text itself
 */
export function parseNewCredentials(text: string): NewCredentials {
  const parsed = parseJsonObject(text);
  if (parsed === undefined) throw unusable('it is not a JSON object');
  const field = (name: string): string => {
    const value = parsed[name];
    if (typeof value !== 'string' || value.trim() === '')
      throw unusable(`"${name}" is not a non-empty string`);
    return value;
  };
  return {
    clientId: field('client_id'),
    clientSecret: field('client_secret'),
    secretString: JSON.stringify(parsed),
  };
}

export function newCredentials(clientId: string, clientSecret: string): NewCredentials {
  return parseNewCredentials(JSON.stringify({ client_id: clientId, client_secret: clientSecret }));
}

function unusable(found: string): Unable {
  return new Unable(
    `the credentials cannot be used: ${found}; they have to be {"client_id": "…", "client_secret": "…"}`,
  );
}

/**
 * Has the token endpoint grant a token for the credentials, as the refresher will, and returns its lifetime in
 * seconds. The token itself is dropped.
 * @throws RefreshError as `mint` does
 */
export async function checkCredentials(
  configuration: Configuration,
  credentials: ClientCredentials,
  { clock, fetch, random }: { clock: Clock; fetch: typeof globalThis.fetch; random: () => number },
): Promise<number> {
  const deadline = clock.now() + CHECK_TIME_MS;
  const observations = { attempts: 0, isLifetimeBounded: false };
  const tools = { clock, fetch, random, deadline, observations };
  const { issued_at, expires_at } = await mint(configuration, credentials, 'check', tools);
  return expires_at - issued_at;
}

/** Makes the credentials the secret's current version, and returns the version's id. The former one becomes its previous. */
export async function storeCredentials(
  secretsManager: SecretsManagerClient,
  { credentialsSecretId }: Configuration,
  { secretString }: NewCredentials,
): Promise<string> {
  const { VersionId: version } = await secretsManager.send(
    new PutSecretValueCommand({ SecretId: credentialsSecretId, SecretString: secretString }),
  );
  return version ?? '';
}
