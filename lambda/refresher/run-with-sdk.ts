import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { AWS_CLIENT } from '../shared/aws-client.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { TOKEN_WRITE } from '../shared/time-budget.ts';
import type { Environment } from './configuration.ts';
import type { RunTools } from './report-attempt.ts';
import { run } from './run.ts';

const ssm = new SSMClient(AWS_CLIENT);
/** Shares the connections of `ssm`. */
const tokenWriter = new SSMClient({
  ...AWS_CLIENT,
  maxAttempts: TOKEN_WRITE.maxAttempts,
  requestHandler: ssm.config.requestHandler,
});
const secretsManager = new SecretsManagerClient(AWS_CLIENT);

/** The tools of a run, without the clients of the SDK. */
export type ToolsWithoutSdk = Omit<RunTools, 'ssm' | 'tokenWriter' | 'secretsManager'>;

/** Runs one event with the clients of this container. Fails as `run` does. */
export function runWithSdk(
  event: unknown,
  environment: Environment,
  tools: ToolsWithoutSdk,
): Promise<RefreshResult> {
  return run(event, environment, { ...tools, ssm, tokenWriter, secretsManager });
}
