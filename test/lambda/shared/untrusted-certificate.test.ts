import { expect, test } from 'vitest';
import { isUntrustedCertificate } from '../../../lambda/shared/untrusted-certificate.ts';

test.for([
  ['CERT_UNTRUSTED', true],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', true],
  ['SELF_SIGNED_CERT_IN_CHAIN', true],
  ['UNABLE_TO_GET_ISSUER_CERT', true],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true],
  ['CERT_HAS_EXPIRED', false],
  ['ECONNREFUSED', false],
  ['', false],
] as const)('%s means that no trusted authority issued the certificate: %s', ([code, untrusted]) => {
  expect(isUntrustedCertificate(code)).toBe(untrusted);
});
