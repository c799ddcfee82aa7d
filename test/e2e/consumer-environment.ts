/** Names of the consumer function's environment variables. */
export const CONSUMER_ENVIRONMENT = { parameterName: 'TOKEN_PARAMETER_NAME', apiUrl: 'API_URL' } as const;
