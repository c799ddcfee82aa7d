/** How users start the CLI: through npm's script in a clone, by name if the package is installed. `--no` prevents a download. */
export const COMMAND = import.meta.url.endsWith('.ts')
  ? 'npm run token-refresher --'
  : 'npx --no -- token-refresher';
