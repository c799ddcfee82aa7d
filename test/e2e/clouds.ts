import type { TestProject } from 'vitest/node';
import { createCdk } from '../../local/deploy-local/cdk.ts';
import { type CloudAccess, ownCloud } from '../../local/deploy-local/local-cloud.ts';
import { startMiniStack } from '../../local/deploy-local/ministack.ts';
import { createStep } from '../../local/deploy-local/print-step.ts';
import { findPython } from '../../local/deploy-local/python.ts';
import { startMoto } from './moto.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** MiniStack, bootstrapped for the CDK. It enforces the IAM policies of the functions' roles. */
    ministack: CloudAccess;
    /** URL of moto, a second Parameter Store and Secrets Manager. */
    moto: string;
    /** A Python interpreter with boto3, Powertools and the AWS CLI (module `awscli`). */
    awsPython: string;
  }
}

/** Starts the clouds once for all tests, on free ports and without persistence. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const step = createStep((text) => void process.stdout.write(text));
  const started = new AsyncDisposableStack();
  try {
    const python = await findPython();
    if (python === undefined) {
      throw new Error(
        'The end-to-end tests need Python 3.10 or newer with its venv module, as python3 in PATH',
      );
    }
    // Installing its packages takes longest on a new machine, and nothing needs moto yet.
    const starting = startMoto(python);
    started.defer(async () => (await starting.catch(() => undefined))?.close());
    const ministack = await step(
      'MiniStack',
      () => startMiniStack(python),
      ({ url }) => url,
    );
    started.defer(() => ministack.close());
    const { url, region, environment } = ownCloud(ministack, `Python ${python.version}`);
    const cdk = await createCdk({ url, environment });
    started.defer(() => cdk.close());
    await step(
      'cdk bootstrap',
      () => cdk.bootstrap({}),
      () => 'done',
    );
    const moto = await step(
      'moto',
      () => starting,
      ({ url }) => url,
    );
    project.provide('ministack', { url, region, environment });
    project.provide('moto', moto.url);
    project.provide('awsPython', moto.interpreter);
    return () => started.disposeAsync();
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}
