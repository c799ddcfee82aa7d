import type { DirectEndpoint } from './direct-endpoint.ts';
import type { DirectSender } from './direct-sender.ts';
import { parseJsonObject } from './json.ts';
import type { Limits } from './post.ts';

/**
 * Calls an operation without the SDK, with AWS's JSON protocol. Fails as the sender does, or if the answer is not a JSON object.
 * Source: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export async function callJson<Output extends object>(
  send: DirectSender,
  endpoint: DirectEndpoint,
  { target, input, limits }: { readonly target: string; readonly input: object; readonly limits: Limits },
): Promise<Output> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const { text } = await send(endpoint, { path: '/', headers, body: JSON.stringify(input), limits });
  const answer = parseJsonObject(text);
  // The text is not shown: it may hold the token.
  if (answer === undefined) throw Object.assign(new Error('not JSON'), { name: 'SyntaxError' });
  return answer as Output;
}
