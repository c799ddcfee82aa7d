import { createTokenReader } from '../../lambda/reader/token-reader.ts';
import type { ConsumerResult } from './reading-consumer.ts';

const reader = createTokenReader();
const { API_URL: apiUrl = '' } = process.env;

/** A consumer that uses the reader, with the environment that `connect` sets. */
export async function handler(): Promise<ConsumerResult> {
  const response = await reader.fetch(apiUrl);
  await response.body?.cancel();
  return { status: response.status };
}
