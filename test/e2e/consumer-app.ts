import { fileURLToPath } from 'node:url';
import { App, CfnOutput, CfnWaitConditionHandle, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { TokenRefresher } from '../../infra/construct/token-refresher.ts';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A stack with three consumers: one is connected, one may only read the token, one has no grant. */
class ConsumerStack extends Stack {
  private readonly apiUrl: string;

  constructor(
    scope: Construct,
    id: string,
    { refresher, apiUrl }: { refresher: TokenRefresher; apiUrl: string },
  ) {
    super(scope, id);
    this.apiUrl = apiUrl;
    refresher.connect(this.addFunction('Connected', './connected-consumer.ts'));
    const reading = this.addFunction('Reading', './reading-consumer.ts');
    const stranger = this.addFunction('Stranger', './reading-consumer.ts');
    refresher.grantRead(reading);
    for (const fn of [reading, stranger]) fn.addEnvironment('TOKEN_PARAMETER_NAME', refresher.parameterName);
  }

  private addFunction(id: string, entry: string): NodejsFunction {
    const fn = new NodejsFunction(this, id, {
      entry: file(entry),
      projectRoot: file('../..'),
      depsLockFilePath: file('../../package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(30),
      logGroup: new LogGroup(this, `${id}Logs`, { removalPolicy: RemovalPolicy.DESTROY }),
      environment: { API_URL: this.apiUrl },
      bundling: { format: OutputFormat.ESM, externalModules: [], mainFields: ['module', 'main'] },
    });
    new CfnOutput(this, `${id}Name`, { value: fn.functionName });
    return fn;
  }
}

const app = new App();
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  const stack = new RefresherStack(app, `TokenRefresher-${name}`, settings);
  // The refresher's stack exports what the consumers refer to. MiniStack ignores an update that changes only outputs, so
  // this resource changes as well. It has no effect.
  new CfnWaitConditionHandle(stack, 'OutputsChanged');
  new ConsumerStack(app, `Consumer-${name}`, {
    refresher: stack.refresher,
    apiUrl: String(app.node.getContext('apiUrl')),
  });
}
