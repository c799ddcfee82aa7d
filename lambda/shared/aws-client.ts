/** Settings of every AWS client, times in milliseconds. Calls within a region are fast, so a slow one is retried. */
export const AWS_CLIENT = {
  region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
  retryMode: 'standard',
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_500, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;
