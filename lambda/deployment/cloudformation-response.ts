import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from 'aws-lambda';
import type { Clock } from '../shared/clock.ts';
import { CUSTOM_RESOURCE, URL_SUFFIX } from '../shared/custom-resources.ts';

/** Longest answer in bytes (source: see `answerCloudFormation`). CloudFormation refuses a longer one. */
const LONGEST_ANSWER = 4096;
const ELLIPSIS = '…';

/** Attempts to answer. Without an answer, CloudFormation waits until the resource times out. */
const ATTEMPTS = 3;
/** Time limit of one attempt, in milliseconds. All attempts and waits fit into the time kept for the answer. */
const ATTEMPT_MS = 10_000;
/** Wait between two attempts, in milliseconds. */
const WAIT_MS = 1_000;

/**
 * Refuses an event whose answer would not go to AWS. Otherwise anyone who may invoke the function could delete the token, or
 * send requests from the function's network. A local cloud (`AWS_ENDPOINT_URL`) chooses its own address.
 * @throws Error
 */
export function assertAnswerable(
  { ResponseURL }: CloudFormationCustomResourceEvent,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  if (environment.AWS_ENDPOINT_URL) return;
  const url = URL.parse(ResponseURL);
  if (url?.protocol === 'https:' && url.hostname.endsWith(`.${environment[URL_SUFFIX]}`)) return;
  throw new Error('the event is not from CloudFormation: its ResponseURL is not an AWS address');
}

/**
 * Answers CloudFormation: success without a `reason`, failure with one.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
export async function answerCloudFormation(
  event: CloudFormationCustomResourceEvent,
  reason: string | undefined,
  { clock, fetch }: { readonly clock: Clock; readonly fetch: typeof globalThis.fetch },
): Promise<void> {
  const answer = answerTo(event, reason);
  for (let attempt = 1; ; attempt += 1) {
    try {
      // The URL's signature covers an empty content type. For a body of bytes, fetch sets none of its own.
      const body = new TextEncoder().encode(JSON.stringify(answer));
      const response = await fetch(event.ResponseURL, {
        method: 'PUT',
        headers: { 'content-type': '' },
        redirect: 'error',
        signal: clock.timeout(ATTEMPT_MS),
        body,
      });
      await response.body?.cancel();
      if (response.ok) return;
      throw new Error(`CloudFormation refused the answer with HTTP ${response.status}`);
    } catch (error) {
      // The client's message may hold the signed URL, which lets anyone answer for this stack.
      if (attempt === ATTEMPTS)
        throw new Error(`CloudFormation could not be answered: ${(error as Error).name}`);
    }
    await clock.sleep(WAIT_MS);
  }
}

function answerTo(
  event: CloudFormationCustomResourceEvent,
  reason: string | undefined,
): CloudFormationCustomResourceResponse {
  const ids = {
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    PhysicalResourceId: physicalResourceId(event),
  };
  if (reason === undefined) return { ...ids, Status: 'SUCCESS' };
  const left = LONGEST_ANSWER - jsonBytes({ ...ids, Status: 'FAILED', Reason: '' });
  return { ...ids, Status: 'FAILED', Reason: shortened(reason, left) };
}

/** Cuts a text so that it takes at most `most` bytes in JSON, without cutting a character. */
function shortened(text: string, most: number): string {
  const inText = (part: string) => jsonBytes(part) - jsonBytes('');
  if (inText(text) <= most) return text;
  let left = most - inText(ELLIPSIS);
  let kept = '';
  for (const character of text) {
    left -= inText(character);
    if (left < 0) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The removal's id is the parameter name. If the name changes, CloudFormation replaces the resource, which removes the old token. */
function physicalResourceId(event: CloudFormationCustomResourceEvent): string {
  if (event.RequestType === 'Delete') return event.PhysicalResourceId;
  if (event.ResourceType === CUSTOM_RESOURCE.tokenRemoval)
    return String(event.ResourceProperties.ParameterName);
  return event.LogicalResourceId;
}
