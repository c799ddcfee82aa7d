/**
 * How the command line is called: in a clone through its script, in an app with the package by the package's name, of which
 * nothing is ever fetched from a registry.
 */
export const COMMAND = import.meta.url.endsWith('.ts')
  ? 'npm run token-refresher --'
  : 'npx --no token-refresher';
