/** Environment variables of a consumer, shared by the token reader that reads them and the infrastructure that sets them. */
export const READER_ENVIRONMENT = {
  /** Name or ARN of the parameter that holds the token. */
  parameterName: 'TOKEN_PARAMETER_NAME',
  /** Name or ARN of the refresher function, to which a refused token is reported. */
  refresherFunctionName: 'TOKEN_REFRESHER_FUNCTION_NAME',
} as const;
