import type { IncomingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import type { CloudFormationCustomResourceResponse } from 'aws-lambda';
import { startLoopbackServer } from '../../local/loopback-server.ts';

export interface CloudFormationAnswers {
  readonly url: string;
  /** Each answer with its headers. */
  readonly received: readonly {
    readonly answer: CloudFormationCustomResourceResponse;
    readonly headers: IncomingHttpHeaders;
  }[];
  /** Rejects this many answers. */
  refuse(answers: number): void;
  /** Redirects every further answer. */
  redirect(location: string): void;
  close(): Promise<void>;
}

/** Starts a server that receives the answers of custom resources, as CloudFormation does. */
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
