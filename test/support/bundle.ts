import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type DeployableFunction, synthesizeFunction } from '../../local/synthesize.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The function as the app in cdk.json deploys it: its bundle, its environment, its template. */
    deployable: DeployableFunction;
  }
}

/** Synthesizes the app once for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-test-'));
  project.provide('deployable', await synthesizeFunction('spotnana', { outdir }));
  return () => rm(outdir, { recursive: true, force: true });
}
