import { isThrottled } from '../shared/aws-failure.ts';

/** The fields of the SDK's errors that the reader looks at. Network errors of Node.js have a code. */
export interface ServiceError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    /** After such an error, the next request is signed with the clock of AWS. */
    readonly clockSkewCorrected?: boolean;
  };
}

/** Whether AWS refused a call because there were too many. An error without a body has only the status. */
export function wasThrottled({ name, $metadata = {} }: ServiceError): boolean {
  return $metadata.httpStatusCode === 429 || isThrottled(String(name));
}
