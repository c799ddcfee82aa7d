import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { describeCredentials } from '../../lambda/refresher/credentials.ts';
import { isOverdue } from '../deployed/is-overdue.ts';
import { type MintedFor, mintedFor } from '../deployed/minted-for.ts';
import type { LastRun } from '../deployed/read-last-run.ts';
import { type KnownToken, readParameter } from '../deployed/read-parameter.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { describeSameToken, isSameTokenGranted } from '../deployed/same-token.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { duration, instant } from '../terminal/time.ts';
import { LINKS, type Link, ok, unknown, type Verdict, wrong } from './finding.ts';

interface Tools {
  readonly ssm: SSMClient;
  readonly logs: CloudWatchLogsClient;
  readonly secretsManager: SecretsManagerClient;
  readonly commands: ShellCommands;
  /** Unix time, seconds. */
  readonly now: number;
  /** The function's latest run, if it is known. */
  readonly lastRun: LastRun | undefined;
  /** The findings of the other links. */
  readonly others: ReadonlyMap<Link, Verdict>;
}

/** Checks that the parameter holds a valid token, minted from the current credentials and settings. */
export async function checkParameter(
  refresher: Refresher,
  configuration: Configuration | undefined,
  tools: Tools,
): Promise<Verdict> {
  const { ssm, logs, commands } = tools;
  const name = refresher.parameterName;
  const refresh = commands.self('refresh', refresher);
  const read = await readParameter(refresher, { ssm, logs });
  switch (read.state) {
    case 'unknown':
      return unknown(read.found);
    case 'undecryptable':
      return wrong(`parameter ${name} holds ${read.found}`, refresh);
    case 'missing':
      return wrong(`parameter ${name} does not exist`, refresh);
    case 'unreadable':
      return wrong(`parameter ${name} holds a damaged record`, refresh);
    case 'foreign': {
      const says = `parameter ${name} is occupied: it holds ${read.found}. If nobody needs that value, replace it; otherwise choose another parameterName`;
      // Parameter Store cannot change the type of a parameter.
      return read.isSecureString
        ? wrong(says, refresh)
        : wrong(says, commands.aws('ssm', 'delete-parameter', '--name', name), refresh);
    }
    case 'token':
      return checkToken(read.token, refresher, configuration, tools);
  }
}

async function checkToken(
  token: KnownToken,
  refresher: Refresher,
  configuration: Configuration | undefined,
  { secretsManager, commands, now, lastRun, others }: Tools,
): Promise<Verdict> {
  const refresh = commands.self('refresh', refresher);
  if (token.expires_at <= now) {
    return wrong(
      `the token expired ${duration(now - token.expires_at)} ago, at ${instant(token.expires_at)}`,
      refresh,
    );
  }
  const from = configuration && (await readMintedFor(token, configuration, secretsManager));
  // Only `last run` shows the command, because it asks for credentials.
  if (from?.credentials === 'previous' && foundRejection(lastRun))
    return wrong('the token was minted with the previous credentials: see last run');
  if (from !== undefined && from.credentials !== 'current') {
    const says = 'the token was minted from other credentials or settings than the current ones';
    return wrong(`${says}. ${nextCheck(others)}`, refresh);
  }
  const validity = `valid for ${duration(token.expires_at - now)}, until ${instant(token.expires_at)}`;
  if (configuration !== undefined && isOverdue(token, configuration, lastRun, now)) {
    return wrong(`the token is overdue for replacement: ${validity}`, refresh);
  }
  // If the user may not decrypt the token, its times come from the log, so the key's fault does not show.
  if (others.get('key')?.state === 'wrong') {
    return unknown(`the token is ${validity}, but readers may be unable to decrypt it: see key`);
  }
  if (lastRun !== undefined && configuration !== undefined && isSameTokenGranted(lastRun, configuration, now))
    return ok(`the token is ${validity}: ${describeSameToken(token, lastRun, configuration, now)}`);
  return ok(`the token is ${validity}`);
}

/** The links that a check passes before it stores a token, and its last run. */
const BEFORE_PARAMETER = LINKS.filter((link) => !['parameter', 'dead letters', 'alarms'].includes(link));

/** What the next check will do about the token, as far as the other links show it. */
function nextCheck(others: ReadonlyMap<Link, Verdict>): string {
  const doubts = BEFORE_PARAMETER.filter((link) => {
    const state = others.get(link)?.state;
    return state === 'wrong' || (state !== 'ok' && (link === 'schedule' || link === 'function'));
  });
  if (doubts.length === 0) return 'The next check replaces it';
  return `The next check may be unable to replace it: see ${doubts.join(', ')}`;
}

/** Whether the endpoint rejected the current credentials. Otherwise, the next check has yet to try them. */
function foundRejection(run: LastRun | undefined): boolean {
  return run !== undefined && run.outcome !== 'failed' && run.previousCredentialsUsed;
}

/** Undefined if the secret cannot be read: checkSecret reports that. */
async function readMintedFor(
  token: KnownToken,
  configuration: Configuration,
  secretsManager: SecretsManagerClient,
): Promise<MintedFor | undefined> {
  const versions = await describeCredentials(secretsManager, configuration).catch(() => undefined);
  return versions && mintedFor(token, configuration, versions);
}
