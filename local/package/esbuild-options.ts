/** esbuild's options for the modules of the package. `target` is the oldest Node.js that package.json allows. */
export const PACKAGE_BUNDLING = {
  bundle: true,
  platform: 'node',
  target: 'node20.16',
  logLevel: 'warning',
} as const;
