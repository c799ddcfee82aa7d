import type { TokenReader } from './token-reader.ts';

/** A reader that is created at the first call, so that its errors do not stop the import of a function. */
export function createLazyReader(create: () => TokenReader): TokenReader {
  let created: TokenReader | undefined;
  const reader = (): TokenReader => {
    if (created === undefined) {
      created = create();
      get = created.get;
    }
    return created;
  };
  // Not an async function: it would add a promise to each read from memory.
  let get: TokenReader['get'] = (asked) => {
    try {
      return reader().get(asked);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return {
    get: (asked) => get(asked),
    authorization: async (asked) => reader().authorization(asked),
    fetch: async (input, init) => reader().fetch(input, init),
    reject: async (token) => reader().reject(token),
  };
}
