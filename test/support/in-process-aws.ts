import type { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSM, type SSMClient } from '@aws-sdk/client-ssm';
import { AwsError } from '../../local/embedded-cloud/aws-error.ts';
import { createKeyring } from '../../local/embedded-cloud/encryption.ts';
import type { Input, Operations } from '../../local/embedded-cloud/input.ts';
import { createParameterStore } from '../../local/embedded-cloud/parameter-store.ts';
import { createSecretsManager } from '../../local/embedded-cloud/secrets-manager.ts';

/** Real clients of the embedded cloud, without HTTP: a simulated month makes a million calls. */
export interface InProcessAws {
  readonly ssm: SSM;
  readonly secretsManager: SecretsManagerClient;
  /** Called before each call. It may throw an error for the caller. The call waits for its promise, if it returns one. */
  onCall: (operation: string, input: Input) => unknown;
}

export function createInProcessAws(now: () => number): InProcessAws {
  const keyring = createKeyring();
  const settings = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const aws: InProcessAws = {
    ssm: new SSM(settings),
    secretsManager: new SecretsManagerClient(settings),
    onCall: () => undefined,
  };
  const answerWith = (operations: Operations) => (operation: string, input: Input) => {
    const first = aws.onCall(operation, input);
    const answer = () => operations[operation]?.(input);
    return first instanceof Promise ? first.then(answer) : answer();
  };
  answerCalls(aws.ssm, answerWith(createParameterStore(keyring, 'arn:aws:ssm:us-east-1:000000000000', now)));
  answerCalls(
    aws.secretsManager,
    answerWith(createSecretsManager(keyring, 'arn:aws:secretsmanager:us-east-1:000000000000')),
  );
  return aws;
}

/** Answers a client's calls in this process. The answer may be a promise, and may throw an error for the caller. */
export function answerCalls(
  client: SSMClient | SecretsManagerClient | LambdaClient,
  answer: (operation: string, input: Input) => unknown,
): void {
  // The middleware stacks of the clients differ only in types.
  (client as SSMClient).middlewareStack.add(
    (_next, { commandName = '' }) =>
      async ({ input }) => {
        try {
          const output = await answer(commandName.replace(/Command$/, ''), { ...input } as unknown as Input);
          return { output: { $metadata: { attempts: 1 }, ...(output as object) } as never, response: {} };
        } catch (error) {
          throw error instanceof AwsError
            ? Object.assign(new Error(error.message), { name: error.type })
            : error;
        }
      },
    { step: 'initialize', priority: 'high', name: 'answer' },
  );
}
