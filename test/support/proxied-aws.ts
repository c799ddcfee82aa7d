import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { onTestFinished } from 'vitest';
import { createCertificateAuthority } from './certificates.ts';
import { startEgressProxy } from './egress-proxy.ts';
import { type Reply, startScriptedAws } from './scripted-aws.ts';
import { startTlsFront } from './tls-front.ts';

/** Only the proxy leads there. */
export const PROXIED_URL = 'https://aws.example.com';

/** An AWS endpoint behind TLS, whose certificate this process trusts for the test, and a proxy that leads there. */
export async function startProxiedAws(replies: readonly Reply[]) {
  const authority = await createCertificateAuthority();
  const usual = getCACertificates('default');
  setDefaultCACertificates([...usual, authority.cert]);
  const aws = await startScriptedAws(replies);
  const front = await startTlsFront({ localhost: aws.url, [new URL(PROXIED_URL).host]: aws.url }, authority);
  const proxy = await startEgressProxy(front.port);
  onTestFinished(async () => {
    setDefaultCACertificates(usual);
    await Promise.all([proxy.close(), front.close(), aws.stop()]);
  });
  return { aws, front, proxy };
}
