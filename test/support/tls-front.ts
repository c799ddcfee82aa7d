import { once } from 'node:events';
import { request as sendRequest } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { CertificateAuthority } from './certificates.ts';

/** An HTTPS server on a loopback port that forwards the requests for each of its hosts to a plain server. */
export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the server. `targets` are URLs by host. The authority issues a certificate for each host. */
export async function startTlsFront(
  targets: Readonly<Record<string, string>>,
  authority: CertificateAuthority,
): Promise<TlsFront> {
  const contexts = new Map(
    await Promise.all(
      Object.keys(targets).map(
        async (host) => [host, createSecureContext(await authority.issue(host))] as const,
      ),
    ),
  );
  const server = createServer({
    // Longer than any test takes, even on a busy machine.
    keepAliveTimeout: 300_000,
    SNICallback: (host, callback) => callback(null, contexts.get(host)),
  });
  server.on('request', (request, response) => {
    const { method, url: path = '/', headers } = request;
    const [host = ''] = (headers.host ?? '').split(':');
    const onward = sendRequest(new URL(path, targets[host]), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('tlsClientError', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
