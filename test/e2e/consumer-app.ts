import { fileURLToPath } from 'node:url';
import { App, CfnOutput, CfnWaitConditionHandle, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import type { TokenRefresher } from '../../infra/token-refresher.ts';
import { CONSUMER_ENVIRONMENT } from './consumer-environment.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A user's function in a stack of its own, which only reads the token. */
class ConsumerStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { refresher, apiUrl }: { refresher: TokenRefresher; apiUrl: string },
  ) {
    super(scope, id);
    const consumer = new NodejsFunction(this, 'Consumer', {
      entry: file('./consumer.ts'),
      projectRoot: file('../..'),
      depsLockFilePath: file('../../package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      logGroup: new LogGroup(this, 'Logs', { removalPolicy: RemovalPolicy.DESTROY }),
      environment: {
        [CONSUMER_ENVIRONMENT.parameterName]: refresher.parameterName,
        [CONSUMER_ENVIRONMENT.apiUrl]: apiUrl,
      },
      bundling: { format: OutputFormat.ESM, externalModules: [], mainFields: ['module', 'main'] },
    });
    refresher.grantRead(consumer);
    new CfnOutput(this, 'FunctionName', { value: consumer.functionName });
    new CfnOutput(this, 'RoleArn', { value: consumer.role?.roleArn ?? '' });
  }
}

const app = new App();
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  const stack = new RefresherStack(app, `TokenRefresher-${name}`, settings);
  // The consumer's stack refers to the key's ARN, which adds an export to the refresher's. MiniStack takes an update
  // that changes nothing but outputs for none at all, so there is something else in it that does nothing.
  new CfnWaitConditionHandle(stack, 'OutputsChanged');
  new ConsumerStack(app, `Consumer-${name}`, {
    refresher: stack.refresher,
    apiUrl: String(app.node.getContext('apiUrl')),
  });
}
