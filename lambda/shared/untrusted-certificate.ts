/**
 * Codes of a certificate chain that ends at no authority that Node.js trusts.
 * Source: https://nodejs.org/docs/latest-v24.x/api/tls.html#x509-certificate-error-codes
 */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The section about private CAs, as a path from the root of the repository and of the package. */
export const PRIVATE_CA_PAGE = 'docs/governed-accounts.md#with-a-private-ca';

/** Whether a network error means that no trusted authority issued the server's certificate. */
export function isUntrustedCertificate(code: string): boolean {
  return UNTRUSTED.has(code);
}
