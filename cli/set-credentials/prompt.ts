import { text } from 'node:stream/consumers';
import { read } from 'read';
import { Unable } from '../unable.ts';
import { type NewCredentials, newCredentials, parseNewCredentials } from './check-credentials.ts';

/**
 * Asks for the credentials at a terminal, without showing what is typed; where standard input is none, reads JSON from
 * it. They are never taken from the command line, which other users of the machine and the shell's history can see.
 * @throws Unable
 */
export async function askForCredentials(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Promise<NewCredentials> {
  if (input.isTTY !== true) return parseNewCredentials(await text(input));
  const ask = async (prompt: string): Promise<string> => {
    // Named a terminal, as `read` would otherwise judge by the output, and leave the echo on where that is redirected.
    const answer = await read({ prompt, input, output, silent: true, terminal: true }).catch(() => {
      throw new Unable('nothing was changed');
    });
    output.write('\n');
    return String(answer).trim();
  };
  return newCredentials(await ask('Client id (not shown):'), await ask('Client secret (not shown):'));
}
