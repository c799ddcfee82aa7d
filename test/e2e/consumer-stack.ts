import { fileURLToPath } from 'node:url';
import { CfnOutput, CfnWaitConditionHandle, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { RefresherStack } from '../../infra/stack.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export interface ConsumerProps {
  /** Default: the consumer that reads the parameter itself. */
  readonly entry?: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A function that calls the API with the token. The output `<id>Name` names it. */
export function addConsumer(
  scope: Construct,
  id: string,
  { entry = './reading-consumer.ts', environment }: ConsumerProps,
): NodejsFunction {
  const fn = new NodejsFunction(scope, id, {
    entry: file(entry),
    projectRoot: file('../..'),
    depsLockFilePath: file('../../package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    timeout: Duration.seconds(30),
    logGroup: new LogGroup(scope, `${id}Logs`, { removalPolicy: RemovalPolicy.DESTROY }),
    environment,
    bundling: { format: OutputFormat.ESM, externalModules: [], mainFields: ['module', 'main'] },
  });
  new CfnOutput(scope, `${id}Name`, { value: fn.functionName });
  return fn;
}

/** A stack with three consumers: one is connected, one may only read the token, one has no grant. */
export class ConsumerStack extends Stack {
  constructor(scope: Construct, id: string, { refresher }: RefresherStack, apiUrl: string) {
    super(scope, id);
    const environment = { API_URL: apiUrl };
    const reading = { ...environment, TOKEN_PARAMETER_NAME: refresher.parameterName };
    refresher.connect(addConsumer(this, 'Connected', { entry: './connected-consumer.ts', environment }));
    refresher.grantRead(addConsumer(this, 'Reading', { environment: reading }));
    addConsumer(this, 'Stranger', { environment: reading });
  }
}

/**
 * The refresher's stack exports what the consumers refer to. MiniStack ignores an update that changes only outputs, so
 * this resource changes as well. It has no effect.
 */
export function addMarker(stack: RefresherStack): void {
  new CfnWaitConditionHandle(stack, 'OutputsChanged');
}
