import { Token } from 'aws-cdk-lib';
import { URL_SUFFIX } from '../../lambda/shared/custom-resources.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import type { EntryProblem } from './problem-line.ts';

const OWN: ReadonlySet<string> = new Set([...Object.values(ENVIRONMENT), URL_SUFFIX]);

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (Defined runtime environment variables) */
const RESERVED_BY_LAMBDA: ReadonlySet<string> = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

/** Variables that turn off a safeguard, and why they are not allowed. */
const UNSAFE: Readonly<Record<string, string>> = {
  AWS_ENDPOINT_URL:
    'this variable makes the functions treat AWS as a local cloud and trust any event. Set the endpoint of each service instead, for example AWS_ENDPOINT_URL_SSM',
  NODE_TLS_REJECT_UNAUTHORIZED:
    'this variable turns off the check of certificates, so any server on the path can read the client secret. To trust a private CA, use NODE_EXTRA_CA_CERTS',
  POWERTOOLS_DEV: 'this variable turns off the metrics, and then the alarms fire. Remove it',
  POWERTOOLS_METRICS_DISABLED: 'this variable turns off the metrics, and then the alarms fire. Remove it',
};

/** Source: https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html */
export const VARIABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]+$/;

export const FORBIDDEN_VARIABLES: readonly string[] = [...OWN, ...RESERVED_BY_LAMBDA, ...Object.keys(UNSAFE)];

/** What is wrong with each additional environment variable. */
export function environmentProblems(environment: Readonly<Record<string, string>>): EntryProblem[] {
  return Object.keys(environment).flatMap((key) => {
    const text = Token.isUnresolved(key) ? undefined : nameProblem(key);
    return text === undefined ? [] : [{ key, about: 'name', text }];
  });
}

function nameProblem(name: string): string | undefined {
  if (OWN.has(name)) return 'the refresher sets this variable itself, from its settings. Remove it';
  if (RESERVED_BY_LAMBDA.has(name)) return 'Lambda reserves this variable. Remove it';
  if (Object.hasOwn(UNSAFE, name)) return UNSAFE[name];
  if (!VARIABLE_NAME.test(name))
    return 'the name must begin with a letter and consist of at least two letters, digits and underscores';
  return undefined;
}
