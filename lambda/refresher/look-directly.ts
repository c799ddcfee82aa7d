import { AWS_CLIENT } from '../shared/aws-client.ts';
import { callJson } from '../shared/call-json.ts';
import { type DirectEndpoint, directEndpoint } from '../shared/direct-endpoint.ts';
import { createDirectSender } from '../shared/direct-sender.ts';
import { parseStored, type Stored } from '../shared/stored-token.ts';
import type { Configuration, Environment } from './configuration.ts';
import { type SecretVersions, versionsIn } from './secret-versions.ts';

/** What a check looks at first. */
interface Look {
  readonly stored: Stored;
  readonly versions: SecretVersions;
}

const send = createDirectSender(Date.now);
/** Those of the SDK's clients, in milliseconds. */
const LIMITS = {
  connect: AWS_CLIENT.requestHandler.connectionTimeout,
  answer: AWS_CLIENT.requestHandler.requestTimeout,
};

/**
 * Reads the token and the secret's versions without the SDK, once. Undefined if the environment needs the SDK, or if an answer is
 * not the usual one. Rejects if a call fails.
 */
export async function lookDirectly(
  { parameterName, credentialsSecretId }: Configuration,
  environment: Environment,
): Promise<Look | undefined> {
  const ssm = directEndpoint('ssm', environment);
  const secretsManager = directEndpoint('secretsmanager', environment);
  if (ssm === undefined || secretsManager === undefined) return undefined;
  const [token, secret] = await Promise.all([
    call<TokenAnswer>(ssm, 'AmazonSSM.GetParameter', { Name: parameterName, WithDecryption: true }),
    call<SecretAnswer>(secretsManager, 'secretsmanager.DescribeSecret', { SecretId: credentialsSecretId }),
  ]);
  // Stryker disable next-line StringLiteral: no text for a missing value is a record
  const { Type: type, Value: value = '', Version: version = 0 } = token.Parameter ?? {};
  const versions = versionsIn(secret.VersionIdsToStages ?? {});
  if (type !== 'SecureString' || versions === undefined || secret.DeletedDate !== undefined) return undefined;
  return { stored: parseStored(value, version), versions };
}

/** The fields that are read. Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
interface TokenAnswer {
  readonly Parameter?: { readonly Type?: string; readonly Value?: string; readonly Version?: number };
}

/** Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html */
interface SecretAnswer {
  readonly VersionIdsToStages?: Readonly<Record<string, readonly string[]>>;
  readonly DeletedDate?: number;
}

function call<Output extends object>(
  endpoint: DirectEndpoint,
  target: string,
  input: object,
): Promise<Output> {
  return callJson<Output>(send, endpoint, { target, input, limits: LIMITS });
}
