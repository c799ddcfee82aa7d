/** A function that reads the token with the reader. */
export const CONSUMER = `
  import { createTokenReader } from './lambda/reader/token-reader.ts';
  const reader = createTokenReader();
  export const handler = () => reader.get();`;
