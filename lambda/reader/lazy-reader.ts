import type { TokenReader } from './token-reader.ts';

/** A reader that is created at the first call, so that its errors do not stop the import of a function. */
export function createLazyReader(create: () => TokenReader): TokenReader {
  let created: TokenReader | undefined;
  const reader = (): TokenReader => {
    created ??= create();
    return created;
  };
  return {
    // Reads from memory take this path. It is no async function, which would add a promise, and has no error to catch.
    get(asked) {
      if (created !== undefined) return created.get(asked);
      try {
        return reader().get(asked);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    authorization: async (asked) => reader().authorization(asked),
    fetch: async (input, init) => reader().fetch(input, init),
    reject: async (token) => reader().reject(token),
  };
}
