/** A consumer of the user's own: calls the API of the demo for each line that it reads, and prints the status. */
import { createInterface } from 'node:readline';
import { createTokenReader } from '../../lambda/reader/token-reader.ts';

const reader = createTokenReader();
for await (const _line of createInterface({ input: process.stdin })) {
  const response = await reader.fetch(process.env.API_URL ?? '');
  process.stdout.write(`${response.status}\n`);
}
