import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ENVIRONMENT } from '../lambda/environment.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The refresher function as the app deploys it. */
export interface DeployableFunction {
  /** The bundled module that `cdk deploy` uploads. */
  readonly module: string;
  /** The environment that the template gives the function; references to other resources are left as objects. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** Seconds after which Lambda ends a run. */
  readonly timeout: number;
  /** The bundled module of the function that serves the stack's custom resources. */
  readonly deploymentModule: string;
  readonly template: Template;
  /** The directory that the app was synthesized to. */
  readonly outdir: string;
}

export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
  >;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/**
 * Runs the CDK app with cdk.json's context, as the CDK command does, and finds the refresher's function in what it
 * wrote. `context` is what `-c` gives on the command line.
 */
export async function synthesizeFunction(
  name: string,
  { context = {}, outdir }: { context?: Readonly<Record<string, unknown>>; outdir: string },
): Promise<DeployableFunction> {
  await mkdir(outdir, { recursive: true });
  const cdkJson = JSON.parse(await readFile(join(root, 'cdk.json'), 'utf8')) as { context: object };
  await promisify(execFile)(process.execPath, [join(root, 'infra/app.ts')], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...cdkJson.context,
        ...context,
        'aws:cdk:disable-asset-staging': false,
      }),
    },
  });
  const template = await readJson<Template>(join(outdir, `TokenRefresher-${name}.template.json`));
  const functions = Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties as unknown as FunctionProperties);
  const refresher = functions.find(
    ({ Environment }) => ENVIRONMENT.tokenUrl in (Environment?.Variables ?? {}),
  );
  const deployment = functions.find((fn) => fn !== refresher);
  if (refresher === undefined || deployment === undefined)
    throw new Error(`the app made no functions for "${name}"`);
  const moduleOf = ({ Code }: FunctionProperties) =>
    join(outdir, `asset.${Code.S3Key.replace(/\.zip$/, '')}`, 'index.mjs');
  return {
    module: moduleOf(refresher),
    environment: refresher.Environment?.Variables ?? {},
    timeout: refresher.Timeout,
    deploymentModule: moduleOf(deployment),
    template,
    outdir,
  };
}

interface FunctionProperties {
  readonly Code: { readonly S3Key: string };
  readonly Environment?: { readonly Variables: Readonly<Record<string, unknown>> };
  readonly Timeout: number;
}

async function readJson<Content>(path: string): Promise<Content> {
  return JSON.parse(await readFile(path, 'utf8')) as Content;
}
