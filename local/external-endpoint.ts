import { networkErrorCode } from '../lambda/refresher/token-request.ts';

/** Milliseconds for the endpoint's answer to a first request. */
const ANSWERS_WITHIN_MS = 10_000;

/**
 * The local cloud that `AWS_ENDPOINT_URL` names, or undefined if the variable is unset or empty.
 * @throws Error if it is AWS itself, which must not be written to from here, or if it does not answer
 */
export async function externalEndpoint(): Promise<string | undefined> {
  const url = process.env.AWS_ENDPOINT_URL || undefined;
  if (url === undefined) return undefined;
  const hostname = URL.parse(url)?.hostname;
  if (hostname === undefined) throw new Error('AWS_ENDPOINT_URL is not a URL');
  if (/(^|\.)(amazonaws\.(com(\.cn)?|eu)|api\.aws|aws\.dev)\.?$/.test(hostname)) {
    throw new Error(
      `AWS_ENDPOINT_URL names AWS itself (${hostname}). Its parameters and secrets would be overwritten. Unset it, or name a local endpoint.`,
    );
  }
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    await response.body?.cancel();
  } catch (error) {
    throw new Error(
      `AWS_ENDPOINT_URL names ${new URL(url).origin}, which does not answer (${networkErrorCode(error)}). Start it, or unset the variable.`,
    );
  }
  return url;
}
