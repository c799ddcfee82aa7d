import 'reflect-metadata';
import { randomUUID, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** The authority's own certificate in PEM. */
  readonly cert: string;
  /** A certificate for a host, valid for a day or expired. */
  issue(host: string, options?: { readonly expired?: boolean }): Promise<CertificateAndKey>;
}

const DAY_MS = 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Authority ${randomUUID()}`,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(false),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    cert: certificate.toString('pem'),
    issue: async (host, { expired = false } = {}) => {
      const { publicKey, privateKey } = await newKeys();
      const issued = await X509CertificateGenerator.create({
        subject: `CN=${host}`,
        issuer: certificate.subject,
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity(expired),
        extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
      });
      return toPem(issued, privateKey);
    },
  };
}

export async function createSelfSigned(host: string): Promise<CertificateAndKey> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${host}`,
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity(false),
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
  });
  return toPem(certificate, keys.privateKey);
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validity(expired: boolean): { notBefore: Date; notAfter: Date } {
  const notAfter = Date.now() + (expired ? -1 : 1) * DAY_MS;
  return { notBefore: new Date(notAfter - 2 * DAY_MS), notAfter: new Date(notAfter) };
}

async function toPem(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<CertificateAndKey> {
  const exported = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = exported.match(/.{1,64}/g) ?? [];
  return {
    cert: certificate.toString('pem'),
    key: ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n'),
  };
}
