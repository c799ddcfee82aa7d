import { fileURLToPath } from 'node:url';

/** The functions of the stack, by construct id, and the file in `lambda/` that exports the `handler` of each. */
export const FUNCTION_ENTRIES = {
  Function: 'refresher/handler.ts',
  DeploymentFunction: 'deployment/handler.ts',
} as const;
export type FunctionName = keyof typeof FUNCTION_ENTRIES;

const credentialProvider = fileURLToPath(
  new URL('../../lambda/shared/environment-credentials.ts', import.meta.url),
);

/** How esbuild bundles code for a function, in its own terms. */
export const FUNCTION_BUNDLING = {
  bundle: true,
  platform: 'node' as const,
  target: 'node24',
  format: 'esm' as const,
  // esbuild's default for Node.js prefers CommonJS builds, which it cannot tree-shake.
  mainFields: ['module', 'main'],
  minify: true,
  // In Lambda, credentials are in the environment. The rest of the SDK's provider chain only slows the start.
  alias: { '@aws-sdk/credential-provider-node': credentialProvider },
};
