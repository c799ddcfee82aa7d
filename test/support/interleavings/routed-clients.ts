import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSM } from '@aws-sdk/client-ssm';
import type { Input } from '../../../local/embedded-cloud/input.ts';
import { answerCalls } from '../in-process-aws.ts';

type Answer = (operation: string, input: Input) => unknown;

/** Real clients whose calls are answered by what is set here. */
export interface RoutedClients {
  readonly ssm: SSM;
  readonly secretsManager: SecretsManagerClient;
  answers: { readonly ssm: Answer; readonly secretsManager: Answer };
}

const SETTINGS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};
const created = new Map<string, RoutedClients>();

/** The clients of the given name. They are created once, because creating them takes as long as a whole run. */
export function routedClients(name: string, answers: RoutedClients['answers']): RoutedClients {
  const clients = created.get(name) ?? createClients(answers);
  created.set(name, clients);
  clients.answers = answers;
  return clients;
}

function createClients(answers: RoutedClients['answers']): RoutedClients {
  const clients = {
    ssm: new SSM(SETTINGS),
    secretsManager: new SecretsManagerClient(SETTINGS),
    answers,
  };
  answerCalls(clients.ssm, (operation, input) => clients.answers.ssm(operation, input));
  answerCalls(clients.secretsManager, (operation, input) => clients.answers.secretsManager(operation, input));
  return clients;
}
