import type { Clients } from '../../cli/clients.ts';
import { createClients } from '../../cli/clients.ts';

/** Answers to API calls, by the name of the command, perhaps later. An answer that is an error is thrown. */
export type Answers = Readonly<Record<string, (input: never) => unknown>>;

/** An error as the SDK throws it. */
export const awsError = (name: string): Error => Object.assign(new Error('of the test'), { name });

/** The real clients of the CLI, whose calls are answered here instead of sent. */
export function createAnsweringClients(answers: Answers): Clients {
  const clients = createClients({ region: 'us-east-1' }, {});
  for (const client of Object.values(clients) as Clients['ssm'][]) {
    client.middlewareStack.add(
      (_next, { commandName = '' }) =>
        async ({ input }) => {
          const output = await answers[commandName]?.(input as never);
          if (output === undefined) throw new Error(`no answer to ${commandName}`);
          if (output instanceof Error) throw output;
          return { output: { $metadata: {}, ...(output as object) } as never, response: {} };
        },
      { step: 'initialize', priority: 'high', name: 'answer' },
    );
  }
  return clients;
}
