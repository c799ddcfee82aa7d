import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The refresher function as the app deploys it. */
export interface DeployableFunction {
  /** The bundled module that `cdk deploy` uploads. */
  readonly module: string;
  /** The environment that the template gives the function; references to other resources are left as objects. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** Seconds after which Lambda ends a run. */
  readonly timeout: number;
  readonly template: Template;
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
  const assets = await readJson<{ files: Record<string, { source: { path: string; packaging: string } }> }>(
    join(outdir, `TokenRefresher-${name}.assets.json`),
  );
  const directory = Object.values(assets.files).find(({ source }) => source.packaging === 'zip')?.source.path;
  const fn = Object.values(template.Resources).find(
    ({ Type }) => Type === 'AWS::Lambda::Function',
  )?.Properties;
  if (directory === undefined || fn === undefined) throw new Error(`the app made no function for "${name}"`);
  const { Variables: environment } = fn.Environment as { Variables: Record<string, unknown> };
  return { module: join(outdir, directory, 'index.mjs'), environment, timeout: Number(fn.Timeout), template };
}

async function readJson<Content>(path: string): Promise<Content> {
  return JSON.parse(await readFile(path, 'utf8')) as Content;
}
