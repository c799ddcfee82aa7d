import { fileURLToPath } from 'node:url';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FunctionUrlAuthType, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { STATE_PARAMETER } from './state.ts';

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The authorization server as a function with a public URL. */
class AuthorizationServerStack extends Stack {
  constructor(app: App, id: string, stateParameter: string) {
    super(app, id);
    const server = new NodejsFunction(this, 'Server', {
      entry: file('./handler.ts'),
      projectRoot: file('../../..'),
      depsLockFilePath: file('../../../package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      timeout: Duration.seconds(20),
      memorySize: 256,
      logGroup: new LogGroup(this, 'Logs', { removalPolicy: RemovalPolicy.DESTROY }),
      environment: { [STATE_PARAMETER]: stateParameter },
      bundling: { format: OutputFormat.ESM, externalModules: [], mainFields: ['module', 'main'] },
    });
    // The policy of the key aws/ssm lets everybody in the account decrypt through Parameter Store.
    server.addToRolePolicy(
      new PolicyStatement({
        actions: ['ssm:GetParameter'],
        resources: [
          this.formatArn({
            service: 'ssm',
            resource: 'parameter',
            resourceName: stateParameter.replace(/^\//, ''),
          }),
        ],
      }),
    );
    const { url } = server.addFunctionUrl({ authType: FunctionUrlAuthType.NONE });
    new CfnOutput(this, 'Url', { value: url });
    new CfnOutput(this, 'FunctionName', { value: server.functionName });
  }
}

const app = new App();
new AuthorizationServerStack(
  app,
  String(app.node.getContext('stack')),
  String(app.node.getContext('stateParameter')),
);
