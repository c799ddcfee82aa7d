import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isAccessDenied, isWithoutCredentials } from '../shared/aws-failure.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { Configuration } from './configuration.ts';
import { describeCredentials, readCredentials } from './credentials.ts';
import type { ClientCredentials } from './parse-credentials.ts';
import type { SecretVersions } from './secret-versions.ts';
import { type AttemptTime, untilDeadline } from './until-deadline.ts';

/** A warm container remembers the credentials. It can therefore mint while Secrets Manager is down. */
export interface CredentialsMemory {
  versions?: SecretVersions;
  /** The credentials by version id. A version never changes. */
  credentials?: ReadonlyMap<string, ClientCredentials>;
}

export interface CredentialsObservations {
  /** Whether the run used what an earlier one had read, because Secrets Manager did not answer. */
  credentialsRemembered?: boolean;
}

interface CredentialsTools extends AttemptTime {
  readonly secretsManager: SecretsManagerClient;
  readonly memory: CredentialsMemory;
  readonly observations: CredentialsObservations;
}

/**
 * The versions of the secret, or the latest known ones while Secrets Manager is down.
 * @throws RefreshError as `describeCredentials` does
 */
export async function knownVersions(
  tools: CredentialsTools,
  configuration: Configuration,
): Promise<SecretVersions> {
  const { secretsManager, memory, observations } = tools;
  try {
    memory.versions = await describeCredentials(secretsManager, configuration, untilDeadline(tools));
  } catch (error) {
    if (memory.versions === undefined || !isDown(error)) throw error;
    observations.credentialsRemembered = true;
  }
  return memory.versions;
}

/**
 * One version of the credentials, or what is known of it while Secrets Manager is down.
 * @throws RefreshError as `readCredentials` does
 */
export async function knownCredentials(
  tools: CredentialsTools,
  configuration: Configuration,
  versionId: string,
): Promise<ClientCredentials> {
  const { secretsManager, memory, observations } = tools;
  try {
    const credentials = await readCredentials(secretsManager, configuration, versionId, untilDeadline(tools));
    const staged: (string | undefined)[] = Object.values(memory.versions ?? {});
    // A version without a stage is of no more use.
    // Stryker disable next-line ArrayDeclaration: what is no version is filtered out
    const known = [...(memory.credentials ?? [])].filter(([id]) => staged.includes(id));
    memory.credentials = new Map([...known, [versionId, credentials]]);
    return credentials;
  } catch (error) {
    const known = memory.credentials?.get(versionId);
    if (known === undefined || !isDown(error)) throw error;
    observations.credentialsRemembered = true;
    return known;
  }
}

/** Whether Secrets Manager did not answer as it should. A read that is denied, or has no AWS credentials, is no outage. */
function isDown(error: unknown): boolean {
  if (!(error instanceof RefreshError) || error.code !== 'CREDENTIALS_UNAVAILABLE') return false;
  // Stryker disable next-line StringLiteral: this code always comes with a reason
  const { reason = '' } = error.details;
  return !isAccessDenied(reason) && !isWithoutCredentials(reason);
}
