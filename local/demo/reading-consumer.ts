import { createTokenReader, TokenUnavailableError } from '../../lambda/reader/token-reader.ts';
import type { ConsumerCall } from './consumer-state.ts';
import { FUNCTION_NAME } from './local-cloud.ts';
import type { LocalSystem } from './local-system.ts';

/** A consumer with the token reader, as its documentation shows. Returns the function that calls the API once. */
export function createReadingConsumer({
  cloud: { ssm, lambda },
  parameterName,
  apiUrl,
}: LocalSystem): () => Promise<ConsumerCall> {
  let answered = 0;
  const reader = createTokenReader({
    parameterName,
    refresherFunctionName: FUNCTION_NAME,
    ssm,
    lambda,
    fetch: (input, init) => {
      answered += 1;
      return fetch(input, init);
    },
  });
  return async () => {
    const before = answered;
    try {
      const response = await reader.fetch(apiUrl);
      await response.body?.cancel();
      const retried = answered - before > 1;
      return response.ok
        ? { ok: true, retried }
        : { ok: false, reason: `the API answered ${response.status}` };
    } catch (error) {
      return { ok: false, reason: error instanceof TokenUnavailableError ? error.message : 'no answer' };
    }
  };
}
