import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage, type Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type FunctionOptions,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { bundleFunction } from './bundle-function.ts';
import { FUNCTION_ENTRIES, type FunctionName } from './bundling.ts';
import {
  allowLogs,
  allowNetworkInterfaces,
  createRole,
  type FunctionRole,
  useRole,
} from './function-role.ts';
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
  /** The role of the function. Undefined creates one. */
  readonly role: IRole | undefined;
  readonly roleDescription: string;
  readonly timeout: Duration;
  readonly placement: FunctionPlacement;
  readonly logRetention: RetentionDays | undefined;
  /** Why the function needs no reserved concurrency. */
  readonly withoutReservedConcurrency: string;
  /** Why the function needs no dead-letter queue of its own. */
  readonly withoutDeadLetterQueue: string;
}

/** A function, with the role that gets its permissions. */
export interface BundledFunction {
  readonly fn: LambdaFunction;
  readonly functionRole: FunctionRole;
}

/** Creates a function with its own log group (`<id>Logs`) and a role (`<id>Role`) that may only write to that log group. */
export function createBundledFunction(
  scope: Construct,
  id: FunctionName,
  {
    role,
    roleDescription,
    placement,
    logRetention,
    withoutReservedConcurrency,
    withoutDeadLetterQueue,
    ...options
  }: BundledFunctionProps,
): BundledFunction {
  const logGroup = createLogGroup(scope, `${id}Logs`, logRetention);
  const functionRole =
    role === undefined
      ? createRole(scope, `${id}Role`, roleDescription)
      : useRole(scope, `${id}Policy`, role);
  allowLogs(functionRole, logGroup);
  if (placement.vpc !== undefined) allowNetworkInterfaces(scope, functionRole);
  const fn = createFunction(scope, id, {
    ...options,
    ...placement,
    environment: { ...placement.environment, ...options.environment },
    runtime: Runtime.NODEJS_24_X,
    memorySize: 256,
    role: functionRole.role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
  });
  // Lambda checks the role's permissions when it creates the function.
  if (role !== undefined && functionRole.policy !== undefined) fn.node.addDependency(functionRole.policy);
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
  return { fn, functionRole };
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

function createLogGroup(
  scope: Construct,
  id: string,
  retention: RetentionDays = RetentionDays.ONE_MONTH,
): LogGroup {
  const logGroup = new LogGroup(scope, id, {
    retention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(logGroup, {
    'NIST.800.53.R5-CloudWatchLogGroupEncrypted':
      'CloudWatch Logs encrypts all log data. The functions log nothing confidential, so a customer-managed key adds cost but no protection.',
  });
  return logGroup;
}

function createFunction(
  scope: Construct,
  id: FunctionName,
  options: FunctionOptions & { readonly runtime: Runtime },
): LambdaFunction {
  const code = IS_PACKAGE ? Code.fromAsset(file(`../../functions/${id}`)) : bundledCode(id);
  return new LambdaFunction(scope, id, { ...options, handler: 'index.handler', code });
}

/** Bundles when CDK needs the files: not for stacks that a command leaves out. */
function bundledCode(id: FunctionName): Code {
  const tryBundle = (outdir: string): boolean => {
    for (const [name, content] of bundleFunction(id).files) writeFileSync(join(outdir, name), content);
    return true;
  };
  return Code.fromAsset(file(`../../lambda/${dirname(FUNCTION_ENTRIES[id])}`), {
    assetHashType: AssetHashType.OUTPUT,
    // The image is required, but not used.
    bundling: { image: DockerImage.fromRegistry('none'), local: { tryBundle } },
  });
}
