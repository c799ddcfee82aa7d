/**
 * The local cloud that the environment names in `AWS_ENDPOINT_URL`, if it does.
 * @throws Error where it is AWS itself, in which nothing is to be written from here
 */
export function externalEndpoint(): string | undefined {
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
  return url;
}
