/**
 * The SDK makes its own connections, which Node.js does not send through a proxy. With `NODE_USE_ENV_PROXY=1`, they use the
 * proxy that the global `fetch` uses.
 * Source: https://nodejs.org/docs/latest-v24.x/api/http.html#built-in-proxy-support
 */
export const proxyEnv = process.env.NODE_USE_ENV_PROXY === '1' ? process.env : undefined;

/** Settings of every AWS client, times in milliseconds. Calls within a region are fast, so a slow one is retried. */
export const AWS_CLIENT = {
  region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
  retryMode: 'standard',
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1_500,
    requestTimeout: 4_000,
    // `requestTimeout` ends when the headers arrive. Without this limit, a body that stops would hold up the run.
    socketTimeout: 4_000,
    throwOnRequestTimeout: true,
    httpsAgent: { proxyEnv },
  },
} as const;
