import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { type CdkTarget, createCdk } from '../../local/deploy-local/cdk.ts';
import {
  type ClientSettings,
  type CloudClients,
  clientSettings,
  createCloudClientsWith,
} from '../../local/deploy-local/cloud-clients.ts';
import { startLocalCloud } from '../../local/deploy-local/local-cloud.ts';

/** The bootstrap stack writes its version here, with the CDK's default qualifier. */
const BOOTSTRAP_VERSION = '/cdk-bootstrap/hnb659fds/version';

/** Throttling is likely with 100 parallel invocations and with polling. */
const MAX_ATTEMPTS = 8;

/** The SDK opens 50 connections by default, and the test invokes a function 100 times at once. */
const MAX_SOCKETS = 128;

/** Where the system is deployed. */
export interface Account {
  /** For the user. */
  readonly description: string;
  readonly region: string;
  /** Whether this is an emulator, which cannot answer every question. */
  readonly isEmulator: boolean;
  readonly clients: CloudClients;
  readonly cdk: CdkTarget;
  close(): Promise<void>;
}

/**
 * The AWS account of the environment's credentials, or a local cloud if `local` is true or `AWS_ENDPOINT_URL` is set.
 * @throws Error if there is no region, if no credentials are valid, or if the account is not bootstrapped for the CDK
 */
export async function openAccount(local: boolean, signal: AbortSignal): Promise<Account> {
  const account =
    local || process.env.AWS_ENDPOINT_URL ? await openLocalCloud(signal) : await openAwsAccount();
  try {
    await assertBootstrapped(account, signal);
    return account;
  } catch (error) {
    await account.close();
    throw error;
  }
}

async function openLocalCloud(signal: AbortSignal): Promise<Account> {
  const cloud = await startLocalCloud(signal);
  const { description, region, url, environment } = cloud;
  return {
    description,
    region,
    isEmulator: true,
    clients: createCloudClientsWith({ ...clientSettings(cloud), maxAttempts: MAX_ATTEMPTS }),
    cdk: { url, environment },
    close: () => cloud.close(),
  };
}

async function openAwsAccount(): Promise<Account> {
  const region = await new SSMClient({}).config.region().catch(() => {
    throw new Error(
      'No AWS region is configured. Set AWS_REGION, or AWS_PROFILE to a profile with a region.',
    );
  });
  const settings: ClientSettings = {
    region,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { httpsAgent: { maxSockets: MAX_SOCKETS } },
  };
  const { Account: id } = await new STSClient(settings)
    .send(new GetCallerIdentityCommand({}))
    .catch((error: unknown) => {
      const { text } = describeAwsFailure(error);
      throw new Error(`AWS accepted no credentials: ${text}. Sign in, or set AWS_PROFILE.`);
    });
  const fromUser = Object.entries(process.env).filter(([name]) => name.startsWith('AWS_'));
  return {
    description: `AWS account ${id} in ${region}`,
    region,
    isEmulator: false,
    clients: createCloudClientsWith(settings),
    cdk: { environment: { ...(Object.fromEntries(fromUser) as Record<string, string>), AWS_REGION: region } },
    close: async () => undefined,
  };
}

async function assertBootstrapped(account: Account, signal: AbortSignal): Promise<void> {
  try {
    await account.clients.ssm.send(new GetParameterCommand({ Name: BOOTSTRAP_VERSION }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
    if (!account.isEmulator) {
      throw new Error(
        `The CDK is not bootstrapped in ${account.description}: there is no parameter ${BOOTSTRAP_VERSION}. ` +
          'Run npx cdk bootstrap first.',
      );
    }
    await bootstrap(account, signal);
  }
}

async function bootstrap({ cdk: target }: Account, signal: AbortSignal): Promise<void> {
  const cdk = await createCdk(target);
  try {
    await cdk.bootstrap({ signal });
  } finally {
    await cdk.close();
  }
}
