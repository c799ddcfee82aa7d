import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type FunctionOptions, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

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
): NodejsFunction {
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
  return new NodejsFunction(scope, id, {
    ...options,
    entry: file(`../lambda/${entry}`),
    projectRoot: file('..'),
    depsLockFilePath: file('../package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
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
