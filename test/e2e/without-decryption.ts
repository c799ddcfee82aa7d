import { text } from 'node:stream/consumers';
import { type LoopbackServer, startLoopbackServer } from '../../local/loopback-server.ts';

const DENIED = {
  __type: 'AccessDeniedException',
  message: 'The ciphertext refers to a customer master key that you are not allowed to access.',
};

/**
 * Parameter Store for a user who may read parameters but not decrypt them. Forwards other calls to the cloud, which
 * does not enforce key policies.
 */
export function startWithoutDecryption(cloud: string): Promise<LoopbackServer> {
  return startLoopbackServer(async (request, response) => {
    const body = await text(request);
    if (JSON.parse(body).WithDecryption === true) {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(DENIED));
      return;
    }
    const { authorization = '', 'x-amz-target': target = '', 'content-type': type = '' } = request.headers;
    const headers = { authorization, 'x-amz-target': String(target), 'content-type': type };
    const answer = await fetch(cloud, { method: 'POST', headers, body });
    response
      .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      .end(await answer.text());
  });
}
