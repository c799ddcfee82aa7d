/**
 * Settings of every AWS client. A call inside the region takes milliseconds; what takes longer is a fault and worth
 * another attempt. Times in milliseconds.
 */
export const AWS_CLIENT = {
  region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
  retryMode: 'standard',
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_500, requestTimeout: 4_000, throwOnRequestTimeout: true },
} as const;
