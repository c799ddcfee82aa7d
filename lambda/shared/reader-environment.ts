/**
 * Names of the environment variables that a consumer's function gets, shared by the reader that reads them and the
 * infrastructure that sets them.
 */
export const READER_ENVIRONMENT = {
  /** Name of the parameter that holds the token, or its ARN where it is another account's. */
  parameterName: 'TOKEN_PARAMETER_NAME',
  /** Name or ARN of the refresher's function; set where the consumer may report a rejected token. */
  refresherFunctionName: 'TOKEN_REFRESHER_FUNCTION_NAME',
} as const;
