import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on a loopback port that can be taken down and up again on the same one. */
export interface LoopbackServer {
  readonly url: string;
  readonly up: boolean;
  start(): Promise<void>;
  /** Refuses connections from now on and drops those that are open. */
  stop(): Promise<void>;
}

/** `port` 0 takes any free one. */
export async function startLoopbackServer(listener: RequestListener, port = 0): Promise<LoopbackServer> {
  let server: Server | undefined;
  const listen = async (wanted: number): Promise<number> => {
    const next = createServer(listener);
    await new Promise<void>((resolve, reject) =>
      next.once('error', reject).listen(wanted, '127.0.0.1', resolve),
    );
    server = next;
    return (next.address() as AddressInfo).port;
  };
  const actual = await listen(port);
  return {
    url: `http://127.0.0.1:${actual}`,
    get up() {
      return server !== undefined;
    },
    async start() {
      if (server === undefined) await listen(actual);
    },
    async stop() {
      const running = server;
      server = undefined;
      if (running === undefined) return;
      await new Promise<void>((resolve) => {
        running.close(() => resolve());
        running.closeAllConnections();
      });
    },
  };
}
