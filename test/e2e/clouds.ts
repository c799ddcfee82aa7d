import type { TestProject } from 'vitest/node';
import { type CloudAccess, ownCloud } from '../../local/deployment/cloud.ts';
import { startMiniStack } from '../../local/deployment/ministack.ts';
import { findPython } from '../../local/deployment/python.ts';
import { startMoto } from './moto.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** MiniStack, to deploy to. It holds functions to the policies of their roles. */
    ministack: CloudAccess;
    /** URL of moto, a second Parameter Store and Secrets Manager. */
    moto: string;
    /** A Python interpreter that has the AWS command line as its module `awscli`. */
    awsPython: string;
  }
}

/** Starts the clouds once for all tests, on free ports and keeping nothing. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const python = await findPython();
  if (python === undefined) {
    throw new Error(
      'The end-to-end tests run MiniStack and moto, which take Python 3.10 or newer with its venv module, as python3 in PATH',
    );
  }
  const started = new AsyncDisposableStack();
  try {
    const [ministack, moto] = await Promise.allSettled([startMiniStack(python), startMoto(python)]);
    for (const cloud of [ministack, moto]) {
      if (cloud.status === 'fulfilled') started.defer(() => cloud.value.close());
    }
    if (ministack.status === 'rejected') throw ministack.reason;
    if (moto.status === 'rejected') throw moto.reason;
    const { url, region, environment } = ownCloud(ministack.value, `Python ${python.version}`);
    project.provide('ministack', { url, region, environment });
    project.provide('moto', moto.value.url);
    project.provide('awsPython', moto.value.interpreter);
    return () => started.disposeAsync();
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}
