import { text } from 'node:stream/consumers';
import { read } from 'read';
import { type ClientCredentials, parseCredentials } from '../../lambda/refresher/parse-credentials.ts';
import { type CredentialFields, credentialsShape } from '../../lambda/shared/credential-fields.ts';
import { CliError } from '../cli-error.ts';

export interface NewCredentials extends ClientCredentials {
  /** The secret's value: JSON with at least the fields of `client_id` and `client_secret`. */
  readonly secretString: string;
}

/**
 * Prompts for the credentials without echo, or reads JSON from standard input if that is not a terminal. There are no
 * options for them, because the shell history and other users of the machine can see options.
 * @throws CliError
 */
export async function askForCredentials(
  fields: CredentialFields,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Promise<NewCredentials> {
  if (input.isTTY !== true) return parseNewCredentials(await text(input), fields);
  const ask = async (prompt: string): Promise<string> => {
    // Without `terminal`, `read` would echo the input if the output is redirected.
    const answer = await read({ prompt, input, output, silent: true, terminal: true }).catch(() => {
      throw new CliError('nothing was changed');
    });
    output.write('\n');
    // A pasted value often brings a line break or a space.
    return String(answer).trim();
  };
  const clientId = await ask('Client ID (not shown):');
  const clientSecret = await ask('Client secret (not shown):');
  const value = { [fields.client_id]: clientId, [fields.client_secret]: clientSecret };
  return parseNewCredentials(JSON.stringify(value), fields);
}

/**
 * Parses credentials in JSON. Keeps additional fields.
 * @throws CliError that does not repeat the text
 */
export function parseNewCredentials(text: string, fields: CredentialFields): NewCredentials {
  const parsed = parseCredentials(text, fields);
  if ('problem' in parsed)
    throw new CliError(
      `the credentials cannot be used: ${parsed.problem}. Expected ${credentialsShape(fields)}`,
    );
  return { ...parsed, secretString: JSON.stringify(JSON.parse(text.trim())) };
}
