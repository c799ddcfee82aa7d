import { networkErrorCode } from '../lambda/refresher/token-request.ts';

/** How long a local endpoint may take to answer anything, in milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * The local cloud that the environment names in `AWS_ENDPOINT_URL`, if it does.
 * @throws Error where it is AWS itself, in which nothing is to be written from here, and where nothing answers
 */
export async function externalEndpoint(): Promise<string | undefined> {
  const url = process.env.AWS_ENDPOINT_URL || undefined;
  if (url === undefined) return undefined;
  const hostname = URL.parse(url)?.hostname;
  if (hostname === undefined) throw new Error('AWS_ENDPOINT_URL is not a URL');
  if (/(^|\.)(amazonaws\.(com(\.cn)?|eu)|api\.aws|aws\.dev)\.?$/.test(hostname)) {
    throw new Error(
      'AWS_ENDPOINT_URL names AWS itself, whose parameters and secrets this would replace. ' +
        'Unset it, or name a local endpoint.',
    );
  }
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    await response.body?.cancel();
  } catch (error) {
    throw new Error(
      `AWS_ENDPOINT_URL names ${new URL(url).origin}, which gives no answer (${networkErrorCode(error)}). Start it, or unset the variable.`,
    );
  }
  return url;
}
