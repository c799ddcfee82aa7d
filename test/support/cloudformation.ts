import type { IncomingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import type { CloudFormationCustomResourceResponse } from 'aws-lambda';
import { startLoopbackServer } from '../../local/loopback-server.ts';

export interface CloudFormationAnswers {
  readonly url: string;
  /** Each answer as it came, with its headers. */
  readonly received: readonly {
    readonly answer: CloudFormationCustomResourceResponse;
    readonly headers: IncomingHttpHeaders;
  }[];
  /** Refuses as many answers as given. */
  refuse(answers: number): void;
  /** Sends every answer on to another address from now on. */
  redirect(location: string): void;
  close(): Promise<void>;
}

/** The place where CloudFormation waits for a custom resource's answer. */
export async function startCloudFormation(): Promise<CloudFormationAnswers> {
  const received: CloudFormationAnswers['received'][number][] = [];
  let toRefuse = 0;
  let elsewhere: string | undefined;
  const server = await startLoopbackServer(async (request, response) => {
    const answer = (await json(request)) as CloudFormationCustomResourceResponse;
    if (toRefuse > 0) {
      toRefuse -= 1;
      response.writeHead(503).end();
      return;
    }
    if (elsewhere !== undefined) {
      response.writeHead(307, { location: elsewhere }).end();
      return;
    }
    received.push({ answer, headers: request.headers });
    response.end();
  });
  return {
    url: server.url,
    received,
    refuse: (answers) => {
      toRefuse = answers;
    },
    redirect: (location) => {
      elsewhere = location;
    },
    close: server.stop,
  };
}
