import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { describeCredentials } from '../../lambda/refresher/credentials.ts';
import { sourceFingerprint } from '../../lambda/refresher/source-fingerprint.ts';
import { type KnownToken, readToken } from '../deployed/read-token.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { Commands } from '../remedy-commands.ts';
import { duration, instant } from '../terminal/time.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

interface Tools {
  readonly ssm: SSMClient;
  readonly logs: CloudWatchLogsClient;
  readonly secretsManager: SecretsManagerClient;
  readonly commands: Commands;
  /** Unix time, seconds. */
  readonly now: number;
}

/** Whether the parameter holds a token that consumers can use, of the credentials and settings that are in force. */
export async function checkParameter(
  refresher: Refresher,
  configuration: Configuration | undefined,
  { ssm, logs, secretsManager, commands, now }: Tools,
): Promise<Verdict> {
  const name = refresher.parameterName;
  const refresh = commands.self('refresh', refresher);
  const read = await readToken(refresher, { ssm, logs });
  switch (read.state) {
    case 'unknown':
      return unknown(read.found);
    case 'undecryptable':
      return wrong(`parameter ${name} holds ${read.found}`, refresh);
    case 'missing':
      return wrong(`parameter ${name} is not there`, refresh);
    case 'unreadable':
      return wrong(`parameter ${name} holds a damaged record`, refresh);
    case 'foreign': {
      const says = `parameter ${name} is occupied: it holds ${read.found}. If nobody needs it, have it replaced; otherwise choose another parameterName`;
      const isSecure = !read.found.endsWith('instead of a SecureString');
      return isSecure
        ? wrong(says, refresh)
        : wrong(says, commands.aws('ssm', 'delete-parameter', '--name', name), refresh);
    }
    case 'token': {
      const { token } = read;
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
      if (token.usedPreviousCredentials) {
        return wrong(
          'the token was minted with the previous credentials: the current ones were rejected. Put those that the token endpoint accepts',
          commands.self('set-credentials', refresher),
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
  token: KnownToken,
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
