/** Environment variables of a consumer's function. The infrastructure sets them, the reader reads them. */
export const READER_ENVIRONMENT = {
  /** Name of the parameter that holds the token, or its ARN if it belongs to another account. */
  parameterName: 'TOKEN_PARAMETER_NAME',
  /** Name or ARN of the refresher function; set if the consumer may report a rejected token. */
  refresherFunctionName: 'TOKEN_REFRESHER_FUNCTION_NAME',
} as const;
