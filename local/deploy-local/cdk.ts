import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CloudAccess } from './local-cloud.ts';
import { run } from './run-command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const command = join(root, 'node_modules/aws-cdk/bin/cdk');

export interface CdkSettings {
  /** What `synthesize` returned, for the same context. Default: the app is synthesized. */
  readonly assembly?: string;
  /** Values for `-c` on the command line. */
  readonly context?: Readonly<Record<string, string>>;
  /** Default: every stack of the app. */
  readonly stacks?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** The outputs of each deployed stack. */
export type StackOutputs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** This project's CDK CLI. */
export interface Cdk {
  /** `environment` is like `aws://<account>/<region>`. Default: the environments of the app, which must be synthesized then. */
  bootstrap(settings: Pick<CdkSettings, 'context' | 'signal'>, environment?: string): Promise<void>;
  /** Synthesizes the stacks and returns the directory with the result. */
  synthesize(settings: CdkSettings): Promise<string>;
  /** Returns the stacks' outputs and the output of the CLI. */
  deploy(settings: CdkSettings): Promise<{ readonly outputs: StackOutputs; readonly output: string }>;
  destroy(settings: CdkSettings): Promise<void>;
  /** Removes the files that the CLI wrote. */
  close(): Promise<void>;
}

/** A local cloud, or AWS if there is no URL. */
export type CdkTarget = Pick<CloudAccess, 'environment'> & { readonly url?: string };

/** `project` is the directory of cdk.json. Default: this project's. */
export async function createCdk({ url, environment }: CdkTarget, project = root): Promise<Cdk> {
  const directory = await mkdtemp(join(tmpdir(), 'token-refresher-cdk-'));
  // Two commands cannot share a directory at the same time.
  const outputOf = ([command = '']: readonly string[]) => join(directory, `${command}.out`);
  const temporary = join(directory, 'temporary');
  await mkdir(temporary);
  const proxy = url === undefined ? {} : withoutProxyFor(url);
  const variables = { ...withoutAws(process.env), ...environment, ...OFFLINE, ...proxy };
  const cdk = (
    args: readonly string[],
    { context = {}, stacks = [], signal, assembly }: CdkSettings = {},
    inDirectory = project,
  ): Promise<string> =>
    run(
      process.execPath,
      [
        command,
        ...args,
        ...stacks,
        ...(assembly === undefined ? ['--output', outputOf(args)] : ['--app', assembly]),
        '--no-notices',
        ...Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]),
      ],
      {
        directory: inDirectory,
        // If it is stopped, its temporary files are removed with the directory.
        environment: { ...variables, TMPDIR: temporary },
        ...(signal && { signal }),
      },
    );
  return {
    async bootstrap(settings, place) {
      const template = join(directory, 'bootstrap.json');
      const shown = await cdk(['bootstrap', '--show-template', '--json'], { signal: settings.signal });
      await writeFile(template, withoutBucketPolicy(shown));
      const args = ['bootstrap', '--template', template];
      if (place === undefined) return void (await cdk(args, settings));
      await copyWithoutApp(project, temporary);
      await cdk([...args, place], settings, temporary);
    },
    async synthesize(settings) {
      const args = ['synth', '--quiet'];
      await cdk(args, settings);
      return outputOf(args);
    },
    async deploy(settings) {
      const file = join(directory, 'outputs.json');
      const args = ['deploy', '--require-approval', 'never', '--progress', 'events', '--outputs-file', file];
      const printed = await cdk([...args, ...allUnlessNamed(settings)], settings);
      return { output: printed, outputs: JSON.parse(await readFile(file, 'utf8')) as StackOutputs };
    },
    async destroy(settings) {
      await cdk(['destroy', '--force', ...allUnlessNamed(settings)], settings);
    },
    // A process that is ending may still write.
    close: () => rm(directory, { recursive: true, force: true, maxRetries: 5 }),
  };
}

/** Copies cdk.json without its app. With an app, the CLI would synthesize it even if it does not need the result. */
async function copyWithoutApp(project: string, directory: string): Promise<void> {
  const { app: _, ...others } = JSON.parse(await readFile(join(project, 'cdk.json'), 'utf8'));
  await writeFile(join(directory, 'cdk.json'), JSON.stringify(others));
}

function allUnlessNamed({ stacks }: CdkSettings): readonly string[] {
  return stacks === undefined ? ['--all'] : [];
}

/** No check for newer versions, no telemetry, no progress bar. */
const OFFLINE = {
  CDK_DISABLE_VERSION_CHECK: '1',
  CDK_DISABLE_CLI_TELEMETRY: 'true',
  CI: 'true',
} as const;

/** A proxy cannot reach the local cloud. Some tools read the uppercase variable, others the lowercase one. */
function withoutProxyFor(url: string): Readonly<Record<'NO_PROXY' | 'no_proxy', string>> {
  const { no_proxy: lower, NO_PROXY: upper } = process.env;
  const hosts = [lower, upper, '127.0.0.1', 'localhost', new URL(url).hostname].filter(Boolean).join(',');
  return { NO_PROXY: hosts, no_proxy: hosts };
}

/** The bucket policy denies requests without TLS, which a local cloud does not offer. */
function withoutBucketPolicy(template: string): string {
  const { Resources: resources, ...rest } = JSON.parse(template) as { Resources: Record<string, unknown> };
  const { StagingBucketPolicy: _, ...kept } = resources;
  return JSON.stringify({ ...rest, Resources: kept });
}

/** The user's AWS profile or session must not redirect the CLI to AWS. */
function withoutAws(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('AWS_')));
}
