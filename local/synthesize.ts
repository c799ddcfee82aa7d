import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ENVIRONMENT } from '../lambda/shared/refresher-environment.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The refresher function as the app deploys it. */
export interface DeployableFunction {
  /** The bundled module that `cdk deploy` uploads. */
  readonly module: string;
  /** The function's environment in the template. References to other resources remain objects. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** The bundled module of the function behind the stack's custom resources. */
  readonly deploymentModule: string;
  readonly template: Template;
  /** The output directory of the app. */
  readonly outdir: string;
}

export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
  >;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** The settings of cdk.json as shipped, for results that must not depend on the user's own. */
export const SANDBOX = {
  tokenUrl: 'https://api-ext-sboxmeta.partners.spotnana.com/v2/auth/oauth2-token',
  parameterName: '/spotnana/access-token',
  readers: ['*'],
};

/** Synthesizes the CDK app with one refresher, as `cdk synth` does, and finds the functions in its output. */
export async function synthesizeFunction(
  settings: object,
  outdir: string,
  stop?: AbortSignal,
): Promise<DeployableFunction> {
  await mkdir(outdir, { recursive: true });
  await promisify(execFile)(process.execPath, [join(root, 'infra/app.ts')], {
    cwd: root,
    ...(stop && { signal: stop }),
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({
        refreshers: { synthesized: settings },
        'aws:cdk:disable-asset-staging': false,
      }),
    },
  });
  const template = await readJson<Template>(join(outdir, 'TokenRefresher-synthesized.template.json'));
  const functions = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties as unknown as FunctionProperties);
  const refresher = functions.find(
    ({ Environment }) => ENVIRONMENT.tokenUrl in (Environment?.Variables ?? {}),
  );
  const deployment = functions.find((fn) => fn !== refresher);
  if (refresher === undefined || deployment === undefined) throw new Error('the app has no functions');
  const moduleOf = ({ Code }: FunctionProperties) =>
    join(outdir, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.mjs');
  return {
    module: moduleOf(refresher),
    environment: refresher.Environment?.Variables ?? {},
    deploymentModule: moduleOf(deployment),
    template,
    outdir,
  };
}

interface FunctionProperties {
  readonly Code: { readonly S3Key: string };
  readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
}

async function readJson<Content>(path: string): Promise<Content> {
  return JSON.parse(await readFile(path, 'utf8')) as Content;
}
