/**
 * How the command line is called: in a clone through its script, in an app with the package by the package's name, which
 * is not installed where it is not there.
 */
export const COMMAND = import.meta.url.endsWith('.ts')
  ? 'npm run token-refresher --'
  : 'npx --no -- token-refresher';
