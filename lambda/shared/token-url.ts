/** Why a token URL cannot be used, or undefined if it can. The client secret is sent there. */
export function tokenUrlProblem(value: string): string | undefined {
  // The construct runs on Node.js 20, which has no URL.parse.
  if (!URL.canParse(value)) return 'it is not an absolute URL';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'it holds credentials, which belong in the secret';
  if (url.searchParams.has('client_secret') || url.searchParams.has('client_assertion')) {
    return 'its query holds credentials, which belong in the secret';
  }
  if (url.hash !== '') return 'it has a fragment, which RFC 6749 section 3.2 forbids';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopback(url.hostname)) return undefined;
  return 'only https: is allowed (http: only for localhost, 127.0.0.1 and [::1])';
}

function isLoopback(hostname: string): boolean {
  // Stryker disable next-line Regex: without ^, it matches the same, because URL accepts no other name that ends with a number
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
