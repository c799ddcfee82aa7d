import { unixSeconds } from '../../lambda/shared/clock.ts';
import { isScope } from '../../lambda/shared/scope.ts';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import type { CommandContext } from '../command-context.ts';
import { selectRefresher } from '../deployed/select-refreshers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { duration, instant } from '../terminal/time.ts';
import { readUsableToken } from './read-usable-token.ts';

/** The only command that prints a token, and only with `show`. */
export async function token(
  context: CommandContext,
  name: string | undefined,
  { show = false }: { readonly show?: boolean },
): Promise<ExitCode> {
  const refresher = await selectRefresher(context, name);
  const now = unixSeconds(context.clock.now());
  const found = await readUsableToken(context.clients.ssm, refresher, now);
  if ('problem' in found) {
    const { problem } = found;
    const text = `${problem}\nFind the cause with: ${context.commands.self('doctor', refresher)}`;
    // A script would take standard output for the token.
    if (show) context.streams.stderr.write(`${text}\n`);
    else context.answer({ problem }, text);
    return EXIT.noToken;
  }
  const { access_token, ...summary } = found.token;
  if (show) {
    context.answer({ access_token, ...summary }, access_token);
    return EXIT.ok;
  }
  const fingerprint = sha256(access_token);
  const lines = [
    `valid for ${duration(summary.expires_at - now)}, until ${instant(summary.expires_at)}`,
    `issued ${duration(now - summary.issued_at)} ago, version ${found.version} of ${refresher.parameterName}`,
    // Others may write the parameter: print no terminal control codes.
    ...(summary.scope !== undefined && isScope(summary.scope) ? [`scope ${summary.scope}`] : []),
    `SHA-256 ${fingerprint}`,
    'To print the token itself, use --show.',
  ];
  context.answer({ ...summary, parameter_version: found.version, sha256: fingerprint }, lines.join('\n'));
  return EXIT.ok;
}
