/** The ways in which a call can fail, and what each of them is. */
export const WAYS = {
  refused: 'The connection is refused.',
  'reset before arrival': 'The connection is reset before the request arrives.',
  'reset after arrival': 'The request is carried out, but the connection is reset instead of an answer.',
  'no answer': 'The request arrives, and no answer comes.',
  'answer stops': 'The request is carried out. Half of the answer comes, and the connection stays open.',
  'answer cut off': 'The request is carried out. The connection ends after half of the answer.',
  'not JSON': 'The request is carried out, but the answer is an HTML page.',
  'empty answer': 'The request is carried out, but the answer is an empty JSON object.',
  throttled: 'AWS answers `ThrottlingException`, or the token endpoint HTTP 429 without `Retry-After`.',
  'server error': 'AWS answers HTTP 500, or the token endpoint HTTP 503.',
  denied: 'AWS answers `AccessDeniedException`, or the token endpoint `invalid_client`.',
  'not found': 'The parameter, its version, the secret, the key, or the path does not exist.',
  slow: 'The answer comes just before the time limit.',
} as const;
export type Way = keyof typeof WAYS;

/** What goes wrong in one run. */
export interface Fault {
  /** The operation, and which of the run's calls of it, such as `GetParameter 2`. The SDK's retries are the same call. */
  readonly call: string;
  readonly way: Way;
  /** How many requests of the call fail. Default: all. */
  readonly requests?: number;
  /** Whether all later calls of the operation fail too, because the run repeats the call. */
  readonly isRepeated?: boolean;
  /** How long a slow answer takes, in milliseconds. */
  readonly slowMs?: number;
}

/** The request header that tells the network what goes wrong. */
export const FAULT_HEADER = 'x-fault';
