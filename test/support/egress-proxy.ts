import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A forward proxy on a loopback port. It opens tunnels (`CONNECT`) and refuses everything else. */
export interface EgressProxy {
  readonly url: string;
  /** Host and port of each tunnel, in the order of the requests. */
  readonly tunnels: readonly string[];
  /** All that the proxy can read: the request line and the headers of each request. */
  readonly log: readonly string[];
  /** Refuses tunnels to this host from now on, as a proxy does with hosts that it does not allow. */
  refuse(host: string): void;
  close(): Promise<void>;
}

/** Starts a proxy that leads every tunnel to a port on this machine, because the names of the tests do not resolve. */
export async function startEgressProxy(port: number): Promise<EgressProxy> {
  const tunnels: string[] = [];
  const log: string[] = [];
  const refused = new Set<string>();
  const open = new Set<Duplex>();
  const record = ({ method, url, rawHeaders }: IncomingMessage) =>
    log.push([method, url, ...rawHeaders].join(' '));
  const server = createServer((request, response) => {
    record(request);
    response.writeHead(405).end();
  });
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    record(request);
    const target = request.url ?? '';
    if (refused.has(target.split(':')[0] ?? '')) return void client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    tunnels.push(target);
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    log,
    refuse: (host) => void refused.add(host),
    close: async () => {
      for (const socket of open) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
