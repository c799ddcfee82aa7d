import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { networkErrorCode } from '../../lambda/refresher/token-request.ts';
import type { Clock } from '../../lambda/shared/clock.ts';
import { isUntrustedCertificate, PRIVATE_CA_PAGE } from '../../lambda/shared/untrusted-certificate.ts';
import { quote } from '../shell-commands.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

const TIMEOUT_MS = 10_000;
const ASK_OPERATOR = 'ask the operator of the authorization server';

/** Checks that the token endpoint answers this machine. Sends no credentials, so the endpoint mints no token. */
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
    const reason = signal.aborted ? 'TIMEOUT' : networkErrorCode(error);
    const remedy = isUntrustedCertificate(reason)
      ? `If a private CA issued its certificate, set NODE_EXTRA_CA_CERTS here too. For the function, see ${PRIVATE_CA_PAGE}`
      : `Check the URL and the network path, or ${ASK_OPERATOR}`;
    return wrong(`${tokenUrl} does not answer this machine: ${reason}. ${remedy}`, retry);
  }
  const answered = `${tokenUrl} answers HTTP ${status}`;
  if (status === 429)
    return unknown(`${answered}: too many requests. Wait, and find out what else requests tokens`);
  if (status >= 500) return wrong(`${answered}. Retry, or ${ASK_OPERATOR}`, retry);
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
    return wrong(`${answered}: it is not a token endpoint. Correct tokenUrl and deploy`, retry);
  }
  return ok(`${tokenUrl} answers (HTTP ${status} to a request without credentials)`);
}
