// With the token reader, in a function that the app has connected: refresher.connect(fn).
import { createTokenReader } from 'token-refresher/reader';

const reader = createTokenReader();

export async function handler(): Promise<unknown> {
  // Adds the Authorization header. On a 401 it reports the token, waits for its replacement and tries once more.
  const response = await reader.fetch(`${process.env.API_URL}/trips`);
  if (!response.ok) throw new Error(`the API answered ${response.status}`);
  return response.json();
}
