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
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge, OWN_POLICY } from './acknowledge.ts';
import { FUNCTION_ENTRIES, type FunctionName, NODEJS_FUNCTION_BUNDLING } from './bundling.ts';
import { withoutUndefined } from './without-undefined.ts';

/** The package ships the functions already bundled; a clone bundles them from source. */
const IS_PACKAGE = !import.meta.url.endsWith('.ts');
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where a function runs, and what it needs there: network, instruction set, variables and layers. */
export type FunctionPlacement = Pick<
  FunctionOptions,
  'vpc' | 'vpcSubnets' | 'securityGroups' | 'architecture' | 'environment' | 'layers'
>;

export interface BundledFunctionProps
  extends Pick<
    FunctionOptions,
    'description' | 'environment' | 'maxEventAge' | 'onFailure' | 'retryAttempts'
  > {
  readonly roleDescription: string;
  readonly timeout: Duration;
  readonly placement: FunctionPlacement;
  /** Why the function needs no reserved concurrency. */
  readonly withoutReservedConcurrency: string;
  /** Why the function needs no dead-letter queue of its own. */
  readonly withoutDeadLetterQueue: string;
}

/** Creates a function with its own log group (`<id>Logs`) and a role (`<id>Role`) that may only write to that log group. */
export function createBundledFunction(
  scope: Construct,
  id: FunctionName,
  {
    roleDescription,
    placement,
    withoutReservedConcurrency,
    withoutDeadLetterQueue,
    ...options
  }: BundledFunctionProps,
): LambdaFunction {
  const logGroup = createLogGroup(scope, `${id}Logs`);
  const role = createRole(scope, `${id}Role`, roleDescription, logGroup);
  if (placement.vpc !== undefined) allowNetworkInterfaces(role);
  const fn = createFunction(scope, id, {
    ...options,
    ...placement,
    environment: { ...placement.environment, ...options.environment },
    runtime: Runtime.NODEJS_24_X,
    memorySize: 256,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
  });
  acknowledge(fn, {
    'NIST.800.53.R5-LambdaDLQ': withoutDeadLetterQueue,
    'NIST.800.53.R5-LambdaConcurrency': withoutReservedConcurrency,
  });
  if (placement.vpc === undefined) {
    acknowledge(fn, {
      'NIST.800.53.R5-LambdaInsideVPC':
        'The function calls public endpoints over TLS and accepts no connections. To run it in a VPC, set the property vpc.',
    });
  }
  return fn;
}

/** The part of the construct's properties that says where its functions run. */
export function functionPlacement({
  vpc,
  vpcSubnets,
  securityGroups,
  architecture = Architecture.ARM_64,
  environment,
  layers,
}: FunctionPlacement): FunctionPlacement {
  const anywhere = { architecture, ...withoutUndefined({ environment, layers }) };
  if (vpc === undefined) return anywhere;
  return { ...anywhere, ...withoutUndefined({ vpc, vpcSubnets, securityGroups }) };
}

export function roleOf(fn: IFunction): IRole {
  if (fn.role === undefined) throw new Error(`${fn.node.path} has no role`);
  return fn.role;
}

function createLogGroup(scope: Construct, id: string): LogGroup {
  const logGroup = new LogGroup(scope, id, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(logGroup, {
    'NIST.800.53.R5-CloudWatchLogGroupEncrypted':
      'CloudWatch Logs encrypts all log data. The functions log nothing confidential, so a customer-managed key adds cost but no protection.',
  });
  return logGroup;
}

function createRole(scope: Construct, id: string, description: string, logGroup: ILogGroup): Role {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description,
  });
  // The managed AWSLambdaBasicExecutionRole allows writing to every log group of the account.
  role.addToPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );
  acknowledge(role, OWN_POLICY);
  return role;
}

function createFunction(
  scope: Construct,
  id: FunctionName,
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
    entry: file(`../../lambda/${FUNCTION_ENTRIES[id]}`),
    projectRoot: file('../..'),
    depsLockFilePath: file('../../package-lock.json'),
    bundling: NODEJS_FUNCTION_BUNDLING,
  });
}

/**
 * Lets the Lambda service manage the function's network interfaces, and denies the same to the function's own code.
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
      "Lambda creates the network interfaces, so their ARNs are not known in advance. A deny statement keeps these actions from the function's code.",
  });
}
