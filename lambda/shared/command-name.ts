/** How users start the CLI: with the npm script in a clone, else from the installed package (`--no`: never download it). */
// Stryker disable next-line StringLiteral: the tests run in a clone
export const COMMAND = import.meta.url.endsWith('.ts')
  ? 'npm run token-refresher --'
  : // Stryker disable next-line StringLiteral: only in the installed package
    'npx --no -- token-refresher';
