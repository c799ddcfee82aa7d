import { fileURLToPath } from 'node:url';
import { ArnFormat, type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type FunctionOptions,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';

/** The package holds the functions as they were bundled for it; a clone bundles them from their sources. */
const IS_PACKAGE = !import.meta.url.endsWith('.ts');
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where a function runs: outside of any VPC where it is empty. */
export type VpcPlacement = Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'>;

export interface BundledFunctionProps
  extends Pick<FunctionOptions, 'description' | 'environment' | 'onFailure' | 'retryAttempts'> {
  /** File in `lambda/` that exports the `handler`. */
  readonly entry: string;
  readonly roleDescription: string;
  readonly timeout: Duration;
  readonly placement: VpcPlacement;
  /** Why the function's concurrent runs need no limit. */
  readonly withoutReservedConcurrency: string;
  /** Why the function needs no dead-letter queue of its own. */
  readonly withoutDeadLetterQueue: string;
}

/**
 * A function on the newest runtime with its own log group and a role that can, so far, only write to it. The
 * constructs are named `<id>`, `<id>Role` and `<id>Logs`.
 */
export function createBundledFunction(
  scope: Construct,
  id: string,
  {
    entry,
    roleDescription,
    placement,
    withoutReservedConcurrency,
    withoutDeadLetterQueue,
    ...options
  }: BundledFunctionProps,
): LambdaFunction {
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(logGroup, {
    'NIST.800.53.R5-CloudWatchLogGroupEncrypted':
      'CloudWatch encrypts logs by itself. Nothing confidential is written to them, so that a key for a dollar a month adds nothing.',
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
  acknowledge(role, OWN_POLICY);
  if (placement.vpc !== undefined) allowNetworkInterfaces(role);
  const fn = createFunction(scope, id, entry, {
    ...options,
    ...placement,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: 256,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
  });
  acknowledge(fn, {
    'NIST.800.53.R5-LambdaDLQ': withoutDeadLetterQueue,
    'NIST.800.53.R5-LambdaConcurrency': withoutReservedConcurrency,
    ...(placement.vpc === undefined
      ? {
          'NIST.800.53.R5-LambdaInsideVPC':
            'It calls public endpoints over TLS and listens to nothing. Who wants it in a VPC passes one to the construct.',
        }
      : {}),
  });
  return fn;
}

function createFunction(
  scope: Construct,
  id: string,
  entry: string,
  options: FunctionOptions & { readonly runtime: Runtime },
): LambdaFunction {
  if (IS_PACKAGE) {
    return new LambdaFunction(scope, id, {
      ...options,
      handler: 'index.handler',
      code: Code.fromAsset(file(`../../functions/${id}`)),
    });
  }
  return new NodejsFunction(scope, id, {
    ...options,
    entry: file(`../../lambda/${entry}`),
    projectRoot: file('../..'),
    depsLockFilePath: file('../../package-lock.json'),
    bundling: {
      format: OutputFormat.ESM,
      target: 'node24',
      // Nothing is left to the runtime's own SDK, which starts slower and changes without a deployment.
      externalModules: [],
      mainFields: ['module', 'main'],
      minify: true,
      esbuildArgs: {
        '--alias:@aws-sdk/credential-provider-node': file('../../lambda/shared/environment-credentials.ts'),
      },
      forceDockerBundling: false,
    },
  });
}

export function roleOf(fn: IFunction): IRole {
  if (fn.role === undefined) throw new Error(`${fn.node.path} has no role`);
  return fn.role;
}

/**
 * What Lambda itself needs to put a function into a VPC. The function's own code is kept from it.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
function allowNetworkInterfaces(role: Role): void {
  const actions = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ];
  const anyFunction = Stack.of(role).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  role.addToPolicy(new PolicyStatement({ actions, resources: ['*'] }));
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      conditions: { ArnLike: { 'lambda:SourceFunctionArn': anyFunction } },
    }),
  );
  acknowledge(role, {
    'AwsSolutions-IAM5[Resource::*]':
      "Lambda makes the network interfaces, whose ARNs nobody knows before. A deny keeps the function's code from these actions.",
  });
}
