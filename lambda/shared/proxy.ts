import type { Agent, AgentOptions } from 'node:https';

/**
 * The SDK and `node:https` make their own connections, which Node.js does not send through a proxy. With `NODE_USE_ENV_PROXY=1`,
 * they use the proxy that the global `fetch` uses.
 * Source: https://nodejs.org/docs/latest-v24.x/api/http.html#built-in-proxy-support
 */
export const proxyEnv = process.env.NODE_USE_ENV_PROXY === '1' ? process.env : undefined;

/** An agent for the SDK. `connect` is the time limit of a connection, in milliseconds. */
export function httpsAgent(connect: number, settings: AgentOptions): Agent {
  const { Agent } = process.getBuiltinModule('node:https');
  return limitTunnels(new Agent({ ...settings, proxyEnv }), connect);
}

/**
 * Until a tunnel through a proxy is open, Node.js does not give its connection to the request, so the end of the request leaves it
 * open. This function closes it after the given milliseconds.
 */
export function limitTunnels<Limited extends Pick<Agent, 'createConnection' | 'sockets'>>(
  agent: Limited,
  milliseconds: number,
): Limited {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const connection = connect(options, (...outcome) => {
      clearTimeout(timer);
      // Stryker disable next-line OptionalChaining: Node.js always passes it
      callback?.(...outcome);
    });
    // Stryker disable next-line OptionalChaining: an agent of Node.js always returns one
    const timer = setTimeout(() => connection?.destroy(), milliseconds);
    // Without a tunnel, the request gets the connection as soon as this function has returned.
    queueMicrotask(() => {
      const inUse: readonly unknown[] = Object.values(agent.sockets).flat();
      if (inUse.includes(connection)) clearTimeout(timer);
    });
    return connection;
  };
  return agent;
}
