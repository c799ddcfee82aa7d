import type {
  TokenReader,
  TokenReaderOptions,
  TokenUnavailableCode,
} from '../../../lambda/reader/token-reader.ts';
import { DOWN, type StoredParameter, THROTTLED } from '../../support/stored-parameter.ts';

/** A parameter, and a container that reads it. */
export interface Container {
  readonly parameter: StoredParameter;
  createReader(options?: TokenReaderOptions): TokenReader;
  /** From now on, no read is answered: each fails at the time limit for the answer, or for the connection. */
  hang(until: 'answer' | 'connect'): void;
}

/** What a call does in a situation. docs/consumers.md shows these rows, and a test holds the reader to them. */
export interface Wait {
  readonly situation: string;
  /** Prepares the situation. Returns the reader that has a token in memory, if any. */
  readonly begin: (container: Container) => Promise<TokenReader | undefined>;
  /** Default: `get()`. */
  readonly call?: (reader: TokenReader) => Promise<unknown>;
  /** Longest time until the call ends, in seconds. */
  readonly seconds: number;
  /** Most reads of the parameter for that call. */
  readonly reads: number;
  readonly end: TokenUnavailableCode | typeof IN_MEMORY | typeof REJECTED;
  /** Longest time between two reads while calls come every second, in seconds. */
  readonly pause: number;
}

/** What calls return other than an error. */
export const IN_MEMORY = 'the token in memory';
export const REJECTED = 'the 401';

/** A new container, in a situation that `prepare` makes. */
const cold = (prepare: (container: Container) => unknown) => async (container: Container) => {
  await prepare(container);
  return undefined;
};
/** A container with a token in memory that is valid for `seconds`, when `then` happens. */
const warm =
  (seconds: number, then: (container: Container) => unknown, options?: TokenReaderOptions) =>
  async (container: Container) => {
    const { parameter } = container;
    await parameter.put('token');
    const reader = container.createReader(options);
    await reader.get();
    await parameter.time.advance((3_600 - seconds) * 1_000);
    await then(container);
    return reader;
  };
const nothing = () => undefined;
const hang = (container: Container) => container.hang('answer');
const DENIED = { status: 400, type: 'AccessDeniedException', message: 'no' };
const rejecting = async () => new Response(null, { status: 401 });
const failed = { end: 'STORE_UNAVAILABLE' } as const;
/** No wait and one read. Later calls read again at least every 40 seconds. */
const atOnce = { seconds: 0, reads: 1, pause: 40 } as const;

export const WAITS: readonly Wait[] = [
  {
    situation: 'The name or the region is missing',
    begin: async ({ createReader }) => createReader({ ssm: undefined as never }),
    ...{ seconds: 0, reads: 0, end: 'CONFIGURATION_INVALID', pause: 0 },
  },
  {
    situation: 'The parameter does not exist',
    begin: cold(nothing),
    ...atOnce,
    end: 'PARAMETER_NOT_FOUND',
  },
  {
    situation: 'The function may not read the parameter',
    begin: cold(({ parameter }) => parameter.fail(DENIED)),
    ...atOnce,
    end: 'ACCESS_DENIED',
  },
  {
    situation: 'The parameter holds something else',
    begin: cold(({ parameter }) => parameter.putValue('{}')),
    ...atOnce,
    end: 'PARAMETER_OCCUPIED',
  },
  {
    situation: 'The token expired more than 10 seconds ago',
    begin: cold(({ parameter }) => parameter.put('token', { issued_at: 1_799_990_000 })),
    ...atOnce,
    end: 'TOKEN_EXPIRED',
  },
  {
    situation: 'The token has just expired',
    begin: warm(0, nothing),
    ...{ seconds: 10, reads: 11, end: 'TOKEN_EXPIRED', pause: 40 },
  },
  {
    situation: 'Parameter Store throttles',
    begin: cold(({ parameter }) => parameter.fail(THROTTLED)),
    ...{ seconds: 60, reads: 9, ...failed, pause: 40 },
  },
  {
    situation: 'Parameter Store fails',
    begin: cold(({ parameter }) => parameter.fail(DOWN)),
    ...{ seconds: 10, reads: 6, ...failed, pause: 9 },
  },
  {
    situation: 'No connection can be made, for example from a VPC without an endpoint',
    begin: cold((container) => container.hang('connect')),
    ...{ seconds: 11.5, reads: 5, ...failed, pause: 9 },
  },
  {
    situation: 'Parameter Store does not answer',
    begin: cold(hang),
    ...{ seconds: 12, reads: 3, ...failed, pause: 9 },
  },
  {
    situation: 'Parameter Store does not answer, and the token in memory is valid',
    begin: warm(1_400, hang),
    ...{ seconds: 0, reads: 1, end: IN_MEMORY, pause: 94 },
  },
  {
    situation: 'Parameter Store does not answer, and the token expires within 10 seconds',
    begin: warm(9, hang),
    ...{ seconds: 1, reads: 1, end: IN_MEMORY, pause: 9 },
  },
  {
    situation: 'Parameter Store does not answer, and an API has rejected the token in memory',
    begin: async (container) => {
      const { time } = container.parameter;
      const reader = await warm(1_500, nothing, { fetch: rejecting })(container);
      await time.until(reader.fetch('http://api'));
      await time.advance(90_000);
      container.hang('answer');
      return reader;
    },
    ...{ seconds: 4, reads: 1, end: IN_MEMORY, pause: 94 },
  },
  {
    situation: 'Parameter Store throttles, and the next token has probably revoked the one in memory',
    begin: async (container) => {
      const { parameter } = container;
      const refresh_at = parameter.time.now() / 1_000 + 1_800;
      await parameter.put('token', { refresh_at });
      const reader = container.createReader();
      await reader.get();
      await parameter.time.advance(1_806_000);
      parameter.fail(THROTTLED);
      return reader;
    },
    ...{ seconds: 10, reads: 5, end: IN_MEMORY, pause: 40 },
  },
  {
    situation: 'An API rejects the token, no other one is stored, and the reader cannot report it',
    begin: warm(1_500, nothing, { fetch: rejecting }),
    call: (reader) => reader.fetch('http://api').then(() => REJECTED),
    ...{ seconds: 0, reads: 1, end: REJECTED, pause: 90 },
  },
];
