import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on a loopback port. It can be stopped and started again on the same port. */
export interface LoopbackServer {
  readonly url: string;
  isUp(): boolean;
  start(): Promise<void>;
  /** Refuses new connections and closes open ones. */
  stop(): Promise<void>;
}

export async function startLoopbackServer(listener: RequestListener): Promise<LoopbackServer> {
  let server: Server | undefined;
  const listen = async (port: number): Promise<number> => {
    const next = createServer(listener);
    await new Promise<void>((resolve, reject) =>
      next.once('error', reject).listen(port, '127.0.0.1', resolve),
    );
    server = next;
    return (next.address() as AddressInfo).port;
  };
  const port = await listen(0);
  return {
    url: `http://127.0.0.1:${port}`,
    isUp: () => server !== undefined,
    async start() {
      if (server === undefined) await listen(port);
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
