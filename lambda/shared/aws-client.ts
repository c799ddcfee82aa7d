import { httpsAgent } from './proxy.ts';

const CONNECTION_TIMEOUT_MS = 1_500;

/** Settings of every AWS client, times in milliseconds. Calls within a region are fast, so a slow one is retried. */
export const AWS_CLIENT = {
  region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
  retryMode: 'standard',
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: 4_000,
    // `requestTimeout` ends when the headers arrive. Without this limit, a body that stops would hold up the run.
    socketTimeout: 4_000,
    throwOnRequestTimeout: true,
    // Made with each client: loading `node:https` would delay the start of a check that needs none. The calls of a client share
    // connections, as with the SDK's own agent.
    get httpsAgent() {
      return httpsAgent(CONNECTION_TIMEOUT_MS, { keepAlive: true });
    },
  },
} as const;
