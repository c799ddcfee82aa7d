/** Names of the custom resources, shared by the function that serves them and the infrastructure that declares them. */
export const CUSTOM_RESOURCE = {
  firstToken: 'Custom::FirstToken',
  tokenRemoval: 'Custom::TokenRemoval',
} as const;

/** Environment variable of the deployment function. Its value is the partition's domain, such as `amazonaws.com`. */
export const URL_SUFFIX = 'URL_SUFFIX';

/** Properties of `Custom::FirstToken`. CloudFormation passes every value as a string. */
export interface FirstTokenProperties {
  /** ARN of the refresher function. */
  readonly FunctionArn: string;
  /** The refresher function's environment, as in its own resource. */
  readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  /** Whether the stack creates the secret. If so, it is empty on the first deployment. */
  readonly SecretMayBeEmpty: 'true' | 'false';
}

/** Properties of `Custom::TokenRemoval`. */
export interface TokenRemovalProperties {
  readonly ParameterName: string;
}
