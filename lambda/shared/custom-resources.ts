/** Names of the custom resources, shared by the function that serves them and the infrastructure that declares them. */
export const CUSTOM_RESOURCE = {
  firstToken: 'Custom::FirstToken',
  tokenRemoval: 'Custom::TokenRemoval',
} as const;

/** Environment variable of the function that serves them: the end of the names of all AWS's hosts, such as `amazonaws.com`. */
export const URL_SUFFIX = 'URL_SUFFIX';

/** Properties of `Custom::FirstToken`. CloudFormation hands every value over as a string. */
export interface FirstTokenProperties {
  /** ARN of the refresher function. */
  readonly FunctionArn: string;
  /** The refresher function's environment, as its own resource has it. */
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  /** Whether the stack made the secret, so that it is still empty when it is deployed for the first time. */
  readonly SecretMayBeEmpty: 'true' | 'false';
}

/** Properties of `Custom::TokenRemoval`. */
export interface TokenRemovalProperties {
  readonly ParameterName: string;
}
