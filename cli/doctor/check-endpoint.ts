import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { networkErrorCode } from '../../lambda/refresher/token-request.ts';
import type { Clock } from '../../lambda/shared/clock.ts';
import { quote } from '../remedy-commands.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

const TIMEOUT_MS = 10_000;

/**
 * Whether something that can be a token endpoint answers from here. The request has no credentials, so it is refused
 * by one that works, and costs nobody a token.
 */
export async function checkEndpoint(
  { tokenUrl }: Configuration,
  { fetch, clock }: { fetch: typeof globalThis.fetch; clock: Clock },
): Promise<Verdict> {
  const retry = `curl --request POST --data grant_type=client_credentials --include ${quote(tokenUrl)}`;
  const signal = clock.timeout(TIMEOUT_MS);
  let status: number;
  try {
    const response = await fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal,
    });
    status = response.status;
    await response.body?.cancel();
  } catch (error) {
    return wrong(
      `${tokenUrl} gives no answer from here: ${signal.aborted ? 'TIMEOUT' : networkErrorCode(error)}. Check the URL and the network path, or ask the operator of the authorization server`,
      retry,
    );
  }
  if (status === 429)
    return unknown(
      `${tokenUrl} answers 429: it is asked too often. Wait, and find out what else asks for tokens`,
    );
  if (status >= 500)
    return wrong(`${tokenUrl} answers HTTP ${status}. Ask the operator of the authorization server`, retry);
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
    return wrong(
      `${tokenUrl} answers HTTP ${status}: there is no token endpoint. Correct tokenUrl and deploy again`,
      retry,
    );
  }
  return ok(`${tokenUrl} answers (HTTP ${status} to a request without credentials)`);
}
