import { Lambda } from '@aws-sdk/client-lambda';
import { createReader } from '../../../lambda/reader/create-reader.ts';
import { parseEvent } from '../../../lambda/refresher/event.ts';
import { answerCalls } from '../in-process-aws.ts';
import { CONFIGURATION, type RefresherStage } from './refresher-stage.ts';
import type { Actor } from './stage.ts';

const FUNCTION = 'refresher';

/**
 * A consumer that reads a token and then calls an API, which knows what tokens are alive. Its reports start runs of the refresher.
 * Returns what is wrong with the API's answer, if anything.
 */
export async function fetchOnce(refresher: RefresherStage, actor: Actor): Promise<string | undefined> {
  const { stage, issuer } = refresher;
  const lambda = new Lambda({ region: 'us-east-1' });
  answerCalls(lambda, async (_operation, { Payload: payload }) => {
    const event = parseEvent(JSON.parse(String(payload)));
    const report = await stage.call(actor, 'Invoke', () => {
      const running = stage.start(`${actor.name}'s report`, (run) => refresher.run(run, event));
      actor.waitsFor = stage.actors.at(-1);
      return { running };
    });
    return invocationAnswer(report.running);
  });
  const reader = createReader(
    {
      parameterName: CONFIGURATION.parameterName,
      refresherFunctionName: FUNCTION,
      ssm: refresher.clients(actor).ssm,
      lambda,
      fetch: async (_url, init) => {
        const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? '';
        const status = await stage.call(actor, 'API request', () => (issuer.isAlive(token) ? 200 : 401));
        return new Response(null, { status });
      },
    },
    {
      now: stage.now,
      random: () => 0.5,
      sleep: (milliseconds, signal) => stage.sleep(actor, milliseconds, signal),
    },
  );
  await reader.get();
  const { status } = await reader.fetch('https://api.example.com');
  return status === 200 ? undefined : `fetch returned ${status}`;
}

async function invocationAnswer(running: Promise<unknown>): Promise<object> {
  const [FunctionError, answer] = await running.then(
    (result) => [undefined, result],
    (error: Error) => ['Unhandled', { errorMessage: error.message }],
  );
  return { FunctionError, Payload: Buffer.from(JSON.stringify(answer)) };
}
