import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';
import { AwsError } from '../../local/embedded-cloud/aws-error.ts';
import { createKeyring } from '../../local/embedded-cloud/encryption.ts';
import type { Input, Operations } from '../../local/embedded-cloud/input.ts';
import { createParameterStore } from '../../local/embedded-cloud/parameter-store.ts';
import { createSecretsManager } from '../../local/embedded-cloud/secrets-manager.ts';

/** Real clients of the embedded cloud, without HTTP: a simulated month makes a million calls. */
export interface InProcessAws {
  readonly ssm: SSMClient;
  readonly secretsManager: SecretsManagerClient;
  /** Called before each call. It may throw an error for the caller. */
  onCall: (operation: string, input: Input) => void;
}

export function createInProcessAws(now: () => number): InProcessAws {
  const keyring = createKeyring();
  const settings = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const aws: InProcessAws = {
    ssm: new SSMClient(settings),
    secretsManager: new SecretsManagerClient(settings),
    onCall: () => undefined,
  };
  answer(aws.ssm, createParameterStore(keyring, 'arn:aws:ssm:us-east-1:000000000000', now), aws);
  const secrets = createSecretsManager(keyring, 'arn:aws:secretsmanager:us-east-1:000000000000');
  answer(aws.secretsManager as unknown as SSMClient, secrets, aws);
  return aws;
}

function answer(client: SSMClient, operations: Operations, aws: InProcessAws): void {
  client.middlewareStack.add(
    (_next, { commandName = '' }) =>
      async ({ input }) => {
        const operation = commandName.replace(/Command$/, '');
        try {
          aws.onCall(operation, input as unknown as Input);
          const output = operations[operation]?.({ ...input });
          return { output: { $metadata: {}, ...output } as never, response: {} };
        } catch (error) {
          throw error instanceof AwsError
            ? Object.assign(new Error(error.message), { name: error.type })
            : error;
        }
      },
    { step: 'initialize', priority: 'high', name: 'answer' },
  );
}
