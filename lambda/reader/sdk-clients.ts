import { httpsAgent } from '../shared/proxy.ts';
import { INVOKE_LIMITS } from './invoke-directly.ts';
import { READ_LIMITS } from './read-parameter.ts';
import type { CommandClient, LambdaApi, ParameterStoreApi } from './token-reader.ts';

// A name that is not a literal keeps the SDK out of every bundle. Node.js finds it in `node_modules` or in Lambda's runtime.
const packageOf = (service: string) => ['@aws-sdk', `client-${service}`].join('/');

/** The caller's client with the call `getParameter`. Rejects if the SDK is not installed. */
export async function ssmOf(given: ParameterStoreApi | CommandClient): Promise<ParameterStoreApi> {
  if ('getParameter' in given) return given;
  const { GetParameterCommand }: typeof import('@aws-sdk/client-ssm') = await import(packageOf('ssm'));
  const client = given as Pick<import('@aws-sdk/client-ssm').SSMClient, 'send'>;
  return { getParameter: (input, options) => client.send(new GetParameterCommand(input), options) };
}

/** The caller's client with the call `invoke`. Rejects if the SDK is not installed. */
export async function lambdaOf(given: LambdaApi | CommandClient): Promise<LambdaApi> {
  if ('invoke' in given) return given;
  const { InvokeCommand }: typeof import('@aws-sdk/client-lambda') = await import(packageOf('lambda'));
  const client = given as Pick<import('@aws-sdk/client-lambda').LambdaClient, 'send'>;
  return { invoke: (input, options) => client.send(new InvokeCommand(input), options) };
}

/** A client with the region, if any, and the credentials that the SDK finds. Rejects if the SDK is not installed. */
export async function createSsm(): Promise<{ ssm: ParameterStoreApi; region: string | undefined }> {
  const { SSM }: typeof import('@aws-sdk/client-ssm') = await import(packageOf('ssm'));
  const { connect: connectionTimeout, answer: requestTimeout } = READ_LIMITS;
  // `requestTimeout` ends when the headers arrive, so a body that stops needs a limit of its own.
  const limits = {
    connectionTimeout,
    requestTimeout,
    socketTimeout: requestTimeout,
    throwOnRequestTimeout: true,
  };
  const ssm = new SSM({ maxAttempts: 1, requestHandler: { ...limits, ...agents(connectionTimeout) } });
  return { ssm, region: await ssm.config.region().catch(() => undefined) };
}

/** A client with the region and credentials that the SDK finds. Rejects if the SDK is not installed. */
export async function createLambda(): Promise<LambdaApi> {
  const { Lambda }: typeof import('@aws-sdk/client-lambda') = await import(packageOf('lambda'));
  const { connect: connectionTimeout, attempts: maxAttempts } = INVOKE_LIMITS;
  return new Lambda({ maxAttempts, requestHandler: { connectionTimeout, ...agents(connectionTimeout) } });
}

/** Each request has a connection of its own: one that stays open while Lambda freezes the container is dead afterwards. */
function agents(connect: number) {
  // With a finite `maxSockets`, such as the SDK's 50, Node.js asks the service to keep the connection.
  const settings = { keepAlive: false, maxSockets: Number.POSITIVE_INFINITY };
  return { httpAgent: settings, httpsAgent: httpsAgent(connect, settings) };
}
