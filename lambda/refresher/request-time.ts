/** Milliseconds that a request leaves to the next one. Most endpoints answer in much less. */
const LEFT_FOR_NEXT_MS = 10_000;

/**
 * Longest time limit of one request, in milliseconds. Common gateways give up at this time, too.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html (29 seconds)
 */
const LONGEST_REQUEST_MS = 30_000;

/**
 * Time limit of one request, headers and body together, in milliseconds. `left` is the time left for minting. A slow endpoint
 * gets the time that it needs, because an aborted request may already have cost a token. A request that hangs still leaves time
 * for a second one, which gets the rest.
 */
export function requestTimeLimit(left: number, { hasTimedOut }: { readonly hasTimedOut: boolean }): number {
  const share = hasTimedOut ? left : Math.max(left - LEFT_FOR_NEXT_MS, Math.min(left, LEFT_FOR_NEXT_MS));
  return Math.min(share, LONGEST_REQUEST_MS);
}
