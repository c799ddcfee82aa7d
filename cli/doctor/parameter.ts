import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Configuration } from '../../lambda/configuration.ts';
import { describeCredentials } from '../../lambda/credentials.ts';
import { RefreshError } from '../../lambda/errors.ts';
import { sourceFingerprint } from '../../lambda/source.ts';
import { readStored } from '../../lambda/store.ts';
import type { Stored, StoredToken } from '../../lambda/stored-token.ts';
import type { Commands } from '../commands.ts';
import type { Refresher } from '../deployed/refreshers.ts';
import { duration, instant } from '../view/time.ts';
import { ok, type Verdict, wrong } from './finding.ts';

interface Tools {
  readonly ssm: SSMClient;
  readonly secretsManager: SecretsManagerClient;
  readonly commands: Commands;
  /** Unix time, seconds. */
  readonly now: number;
}

/** Whether the parameter holds a token that consumers can use, of the credentials and settings that are in force. */
export async function checkParameter(
  refresher: Refresher,
  configuration: Configuration | undefined,
  { ssm, secretsManager, commands, now }: Tools,
): Promise<Verdict> {
  const name = refresher.parameterName;
  const refresh = commands.self('refresh', refresher);
  let stored: Stored;
  try {
    stored = await readStored(ssm, name);
  } catch (error) {
    // Where this command may not decrypt, nothing is known of the parameter.
    if (!(error instanceof RefreshError) || error.details.reason !== 'InvalidKeyId') throw error;
    return wrong(error.message, refresh);
  }
  switch (stored.state) {
    case 'missing':
      return wrong(`parameter ${name} is not there`, refresh);
    case 'unreadable':
      return wrong(`parameter ${name} holds a damaged record`, refresh);
    case 'foreign': {
      const says = `parameter ${name} is occupied: it holds ${stored.found}. If nobody needs it, have it replaced; otherwise choose another parameterName`;
      const isSecure = !stored.found.endsWith('instead of a SecureString');
      return isSecure
        ? wrong(says, refresh)
        : wrong(says, commands.aws('ssm', 'delete-parameter', '--name', name), refresh);
    }
    case 'token': {
      const { token } = stored;
      if (token.expires_at <= now) {
        return wrong(
          `the token expired ${duration(now - token.expires_at)} ago, at ${instant(token.expires_at)}`,
          refresh,
        );
      }
      if (configuration !== undefined && !(await isOfCurrentSource(token, configuration, secretsManager))) {
        return wrong(
          'the token was minted from other credentials or settings than those in force; the next check replaces it',
          refresh,
        );
      }
      return ok(
        `the token is good for ${duration(token.expires_at - now)}, until ${instant(token.expires_at)}`,
      );
    }
  }
}

/** True also where the secret cannot be asked: that is its own link's to say. */
async function isOfCurrentSource(
  token: StoredToken,
  configuration: Configuration,
  secretsManager: SecretsManagerClient,
): Promise<boolean> {
  try {
    const { current } = await describeCredentials(secretsManager, configuration.credentialsSecretId);
    return token.source === sourceFingerprint(configuration, current);
  } catch {
    return true;
  }
}
