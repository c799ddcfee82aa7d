import { fileURLToPath } from 'node:url';
import { type BundlingOptions, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

/** The functions of the stack, by construct id, and the file in `lambda/` that exports the `handler` of each. */
export const FUNCTION_ENTRIES = {
  Function: 'refresher/handler.ts',
  DeploymentFunction: 'deployment/handler.ts',
} as const;
export type FunctionName = keyof typeof FUNCTION_ENTRIES;

const credentialProvider = fileURLToPath(
  new URL('../../lambda/shared/environment-credentials.ts', import.meta.url),
);

/** How esbuild bundles the functions, in its own terms. The bill of materials bundles with the same options. */
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

const ALIASES = Object.entries(FUNCTION_BUNDLING.alias).map(([from, to]) => [`--alias:${from}`, to]);

/** The same options for `NodejsFunction`, which sets `bundle` and `platform` itself. */
export const NODEJS_FUNCTION_BUNDLING: BundlingOptions = {
  format: OutputFormat.ESM,
  target: FUNCTION_BUNDLING.target,
  mainFields: FUNCTION_BUNDLING.mainFields,
  minify: FUNCTION_BUNDLING.minify,
  // By default, CDK leaves the SDK to the runtime. Its copy starts slower and changes without a deployment.
  externalModules: [],
  esbuildArgs: Object.fromEntries(ALIASES),
  forceDockerBundling: false,
};
