import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Time for a run. Minting backs off inside it, and it ends before the next check can begin (`checkEvery` is at
 * least a minute), so that two runs do not mint side by side.
 */
const TIMEOUT = Duration.seconds(60);

/** The function of one refresher with its role and its log group. */
export function createRefresherFunction(
  scope: Construct,
  { environment, deadLetterQueue }: { environment: Record<string, string>; deadLetterQueue: IQueue },
): NodejsFunction {
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, 'FunctionRole', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: 'Refreshes one access token',
  });
  role.addToPolicy(
    // The managed AWSLambdaBasicExecutionRole would allow writing to every log group of the account.
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );
  return new NodejsFunction(scope, 'Function', {
    description: 'Keeps an OAuth 2.0 access token fresh in an SSM parameter',
    entry: file('../lambda/handler.ts'),
    projectRoot: file('..'),
    depsLockFilePath: file('../package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    timeout: TIMEOUT,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    environment,
    // A failed run is not repeated by Lambda: the next check tries again, and the record of the failure stays.
    retryAttempts: 0,
    onFailure: new SqsDestination(deadLetterQueue),
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
