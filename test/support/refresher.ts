import { randomUUID } from 'node:crypto';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand, type PutParameterCommandInput } from '@aws-sdk/client-ssm';
import { inject } from 'vitest';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import type { AwsEndpoint } from '../../local/embedded-cloud/endpoint.ts';
import { type RunningFunction, startFunction } from '../../local/function-container.ts';
import { resolveEnvironment } from '../../local/function-environment.ts';
import type { InvocationResult } from '../../local/function-runtime.ts';
import { startAws } from './aws.ts';
import { awsClients } from './client.ts';
import { confidential, recordWritten } from './confidential.ts';
import { createContainerPool } from './container-pool.ts';
import { startTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts';

const noJitter = `--import=${new URL('no-jitter.ts', import.meta.url)}`;

/** The real bundle with the template's environment, and a secret, a parameter and a token endpoint for this test. */
export interface TestRefresher {
  readonly cloud: AwsEndpoint;
  readonly endpoint: TokenEndpoint;
  readonly parameterName: string;
  readonly secretId: string;
  readonly fn: RunningFunction;
  invoke(event?: unknown, options?: Parameters<RunningFunction['invoke']>[1]): Promise<InvocationResult>;
  /** Starts a new container, with these environment variables changed, and with another module in place of the bundle. */
  restart(environment?: Readonly<Record<string, string>>, module?: string): Promise<void>;
  /** Adds containers. Lambda's Invoke then runs one event at a time in each. */
  scaleOut(containers: number): Promise<void>;
  putSecret(value: string): Promise<void>;
  putParameter(value: string, options?: Partial<PutParameterCommandInput>): Promise<void>;
  stored(): Promise<{ value: string; version: number; type: string } | undefined>;
  record(): Promise<StoredToken>;
  /** Everything that the containers of this refresher wrote or returned. */
  written(): string;
  close(): Promise<void>;
}

/** The function name for Lambda's Invoke. */
export const FUNCTION_NAME = 'refresher';
export const CLIENT_ID = 'client-id-of-the-test';
export const newClientSecret = () => confidential(`client+secret/${randomUUID()}`);
export const credentials = (clientSecret: string) =>
  JSON.stringify({ client_id: CLIENT_ID, client_secret: clientSecret });

export async function startRefresher(
  environment: Readonly<Record<string, string>> = {},
): Promise<TestRefresher> {
  const deployable = inject('deployable');
  const [cloud, endpoint] = await Promise.all([
    startAws({ functions: { [FUNCTION_NAME]: (event) => invokeAsLambda(event) } }),
    startTokenEndpoint(),
  ]);
  const { ssm, secretsManager } = awsClients(cloud.url);
  // Unique names: a cloud other than the embedded endpoint is shared by all tests.
  const parameterName = `/test-${randomUUID()}/access-token`;
  const secretId = `test-${randomUUID()}/credentials`;
  await secretsManager.send(new CreateSecretCommand({ Name: secretId }));
  const answers: string[] = [];
  const finished: RunningFunction[] = [];
  const start = (more: Readonly<Record<string, string>>, module = deployable.module) =>
    startFunction(module, {
      ...resolveEnvironment(deployable),
      TOKEN_URL: endpoint.url,
      CREDENTIALS_SECRET_ID: secretId,
      TOKEN_PARAMETER_NAME: parameterName,
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: cloud.url,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      ...environment,
      ...more,
      NODE_OPTIONS: [noJitter, more.NODE_OPTIONS ?? ''].join(' '),
    });
  let fn = await start({});
  const others: RunningFunction[] = [];
  const pool = createContainerPool(() => [fn, ...others]);
  const invokeAsLambda = async (event: unknown): Promise<unknown> => {
    const answer = await pool.invoke(event);
    if (answer.ok) return answer.result;
    throw Object.assign(new Error(answer.errorMessage), { name: answer.errorType });
  };
  const stored = async () => {
    const answer = await ssm
      .send(new GetParameterCommand({ Name: parameterName, WithDecryption: true }))
      .catch(() => undefined);
    const parameter = answer?.Parameter;
    if (parameter === undefined) return undefined;
    return { value: parameter.Value ?? '', version: parameter.Version ?? 0, type: parameter.Type ?? '' };
  };
  const written = () =>
    [...finished, fn, ...others]
      .flatMap(({ output }) => output)
      .concat(answers)
      .join('\n');
  return {
    cloud,
    endpoint,
    parameterName,
    secretId,
    get fn() {
      return fn;
    },
    async invoke(event = {}, options) {
      const answer = await fn.invoke(event, options);
      answers.push(JSON.stringify(answer));
      return answer;
    },
    async restart(more = {}, module = deployable.module) {
      await fn.close();
      finished.push(fn);
      fn = await start(more, module);
    },
    async scaleOut(containers) {
      others.push(...(await Promise.all(Array.from({ length: containers }, () => start({})))));
    },
    async putSecret(value) {
      await secretsManager.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: value }));
    },
    async putParameter(value, options = {}) {
      const input = { Name: parameterName, Value: value, Type: 'SecureString', Overwrite: true } as const;
      await ssm.send(new PutParameterCommand({ ...input, ...options }));
    },
    stored,
    record: async () => JSON.parse((await stored())?.value ?? '{}') as StoredToken,
    written,
    async close() {
      await Promise.all([fn, ...others].map((container) => container.close()));
      recordWritten(written());
      await Promise.all([cloud.close(), endpoint.close()]);
      ssm.destroy();
      secretsManager.destroy();
    },
  };
}
