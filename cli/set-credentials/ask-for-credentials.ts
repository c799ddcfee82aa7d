import { text } from 'node:stream/consumers';
import { read } from 'read';
import type { ClientCredentials } from '../../lambda/refresher/credentials.ts';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import { CliError } from '../cli-error.ts';

export interface NewCredentials extends ClientCredentials {
  /** The secret's value: JSON with at least `client_id` and `client_secret`. */
  readonly secretString: string;
}

/**
 * Prompts for the credentials without echo, or reads JSON from standard input if that is not a terminal. There are no
 * options for them, because the shell history and other users of the machine can see options.
 * @throws CliError
 */
export async function askForCredentials(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Promise<NewCredentials> {
  if (input.isTTY !== true) return parseNewCredentials(await text(input));
  const ask = async (prompt: string): Promise<string> => {
    // Without `terminal`, `read` would echo the input if the output is redirected.
    const answer = await read({ prompt, input, output, silent: true, terminal: true }).catch(() => {
      throw new CliError('nothing was changed');
    });
    output.write('\n');
    return String(answer).trim();
  };
  const client_id = await ask('Client ID (not shown):');
  const client_secret = await ask('Client secret (not shown):');
  return parseNewCredentials(JSON.stringify({ client_id, client_secret }));
}

/**
 * Parses credentials in JSON. Keeps additional fields.
 * @throws CliError that does not repeat the text
 */
export function parseNewCredentials(text: string): NewCredentials {
  const parsed = parseJsonObject(text);
  if (parsed === undefined) throw unusable('the input is not a JSON object');
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

function unusable(found: string): CliError {
  return new CliError(
    `the credentials cannot be used: ${found}. Expected {"client_id": "…", "client_secret": "…"}`,
  );
}
