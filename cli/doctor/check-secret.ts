import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { describeCredentials, readCredentials } from '../../lambda/refresher/credentials.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import { isSecretDenied } from '../cli-error.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { REVERT_DRIFT, type ShellCommands } from '../shell-commands.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

/** Checks that the secret holds credentials, with the function's own code. Drops the values. */
export async function checkSecret(
  refresher: Refresher,
  configuration: Configuration,
  secretsManager: SecretsManagerClient,
  commands: ShellCommands,
): Promise<Verdict> {
  const { credentialsSecretId: id } = configuration;
  try {
    const { current } = await describeCredentials(secretsManager, configuration);
    const denied = await readCredentials(secretsManager, configuration, current).then(
      () => undefined,
      unlessDenied,
    );
    if (denied !== undefined)
      return unknown(`version ${current} was not checked: you may not read its value`);
    return ok(`version ${current} holds a client ID and secret`);
  } catch (error) {
    if (!(error instanceof RefreshError) || error.code === 'CREDENTIALS_UNAVAILABLE') throw error;
    return wrong(error.message, ...remedies(error));
  }

  function remedies({ code, details }: RefreshError): readonly string[] {
    const set = commands.self('set-credentials', refresher);
    if (code !== 'CREDENTIALS_NOT_FOUND') return [set];
    // Otherwise the secret still exists, but is scheduled for deletion.
    const isGone = details.reason === 'ResourceNotFoundException';
    if (!isGone) return [commands.aws('secretsmanager', 'restore-secret', '--secret-id', id)];
    if (refresher.credentials !== undefined) return [commands.deploy(refresher, ...REVERT_DRIFT), set];
    const create = commands.aws('secretsmanager', 'create-secret', '--name', nameOf(id));
    return isKnownByName(refresher, id) ? [create, set] : [create, commands.deploy(refresher), set];
  }
}

/** The secret exists, so only the permission is missing. */
function unlessDenied(error: unknown): RefreshError {
  if (isSecretDenied(error)) return error;
  throw error;
}

/** If the app names the secret without its ARN suffix, the role may read any secret of that name. */
function isKnownByName({ functionRole }: Refresher, id: string): boolean {
  return JSON.stringify([...(functionRole?.policies.values() ?? [])]).includes(`${id}-??????`);
}

function nameOf(id: string): string {
  return id.split(':secret:')[1] ?? id;
}
