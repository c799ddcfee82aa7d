/** Settings of every AWS client, in milliseconds. A call within the region takes milliseconds, so a slow one is retried. */
export const AWS_CLIENT = {
  region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
  retryMode: 'standard',
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_500, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;
