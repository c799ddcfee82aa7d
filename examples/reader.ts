// With the token reader, in a function that refresher.connect(fn) gives access.
import { createTokenReader } from 'token-refresher/reader';

const reader = createTokenReader();

export async function handler(): Promise<unknown> {
  // Adds the Authorization header. After a 401, it reports the token, waits for a new one and tries once more.
  const response = await reader.fetch(`${process.env.API_URL}/trips`);
  if (!response.ok) throw new Error(`the API answered ${response.status}`);
  return response.json();
}
