import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceResponse } from 'aws-lambda';
import { CUSTOM_RESOURCE, URL_SUFFIX } from '../shared/custom-resources.ts';

/** Characters of a reason; the whole answer may take 4096 bytes. Source: the page named below. */
const MAX_REASON = 2_500;

/** Without an answer CloudFormation waits until the resource's time is up, so a fault of the network is worth trying again. */
const ATTEMPTS = 3;

/**
 * Refuses an event whose answer would not go to AWS. Whoever may invoke the function could otherwise have it do
 * something of a stack's, and send requests from where it runs. A local cloud, which `AWS_ENDPOINT_URL` names, is
 * answered where it likes.
 * @throws Error
 */
export function assertAnswerable(
  { ResponseURL }: CloudFormationCustomResourceEvent,
  environment: Readonly<Record<string, string | undefined>>,
): void {
  if (environment.AWS_ENDPOINT_URL) return;
  const url = URL.parse(ResponseURL);
  if (url?.protocol === 'https:' && url.hostname.endsWith(`.${environment[URL_SUFFIX]}`)) return;
  throw new Error('the event is not from CloudFormation: its answer would not go to AWS');
}

/**
 * Tells CloudFormation how a custom resource's request ended: well without a `reason`, else failed.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
 */
export async function answerCloudFormation(
  event: CloudFormationCustomResourceEvent,
  reason: string | undefined,
  fetch: typeof globalThis.fetch,
): Promise<void> {
  const answer: CloudFormationCustomResourceResponse = {
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    PhysicalResourceId: physicalResourceId(event),
    ...(reason === undefined
      ? { Status: 'SUCCESS' }
      : { Status: 'FAILED', Reason: reason.slice(0, MAX_REASON) }),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      // The signature of the URL covers an empty content type; a body of bytes gets none of its own.
      const body = new TextEncoder().encode(JSON.stringify(answer));
      const response = await fetch(event.ResponseURL, {
        method: 'PUT',
        headers: { 'content-type': '' },
        redirect: 'error',
        body,
      });
      await response.body?.cancel();
      if (response.ok) return;
      throw new Error(`CloudFormation's answer was refused with HTTP ${response.status}`);
    } catch (error) {
      // The URL lets anybody answer in our name, so what the HTTP client says of it goes no further.
      if (attempt === ATTEMPTS)
        throw new Error(`CloudFormation could not be answered: ${(error as Error).name}`);
    }
  }
}

/** The removal is named by what it removes, so that another parameter makes CloudFormation remove the former one. */
function physicalResourceId(event: CloudFormationCustomResourceEvent): string {
  if (event.RequestType === 'Delete') return event.PhysicalResourceId;
  if (event.ResourceType === CUSTOM_RESOURCE.tokenRemoval)
    return String(event.ResourceProperties.ParameterName);
  return event.LogicalResourceId;
}
