import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type FunctionOptions,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** The package holds the functions as they were bundled for it; a clone bundles them from their sources. */
const IS_PACKAGE = import.meta.url.endsWith('.js');
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface BundledFunctionProps
  extends Pick<FunctionOptions, 'description' | 'environment' | 'onFailure' | 'retryAttempts'> {
  /** File in `lambda/` that exports the `handler`. */
  readonly entry: string;
  readonly roleDescription: string;
  readonly timeout: Duration;
}

/**
 * A function on the newest runtime with its own log group and a role that can, so far, only write to it. The
 * constructs are named `<id>`, `<id>Role` and `<id>Logs`.
 */
export function createBundledFunction(
  scope: Construct,
  id: string,
  { entry, roleDescription, ...options }: BundledFunctionProps,
): LambdaFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: roleDescription,
  });
  role.addToPolicy(
    // The managed AWSLambdaBasicExecutionRole would allow writing to every log group of the account.
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );
  const common = {
    ...options,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
  };
  if (IS_PACKAGE) {
    return new LambdaFunction(scope, id, {
      ...common,
      handler: 'index.handler',
      code: Code.fromAsset(file(`../functions/${id}`)),
    });
  }
  return new NodejsFunction(scope, id, {
    ...common,
    entry: file(`../lambda/${entry}`),
    projectRoot: file('..'),
    depsLockFilePath: file('../package-lock.json'),
    bundling: {
      format: OutputFormat.ESM,
      target: 'node24',
      // Nothing is left to the runtime's own SDK, which starts slower and changes without a deployment.
      externalModules: [],
      mainFields: ['module', 'main'],
      minify: true,
      esbuildArgs: { '--alias:@aws-sdk/credential-provider-node': file('../lambda/aws-credentials.ts') },
      forceDockerBundling: false,
    },
  });
}
