import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** Collects confidential values without searching for them. Mutants may write them anywhere. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'token-refresher-mutation-'));
  const leakFiles = { secrets: join(directory, 'secrets'), written: join(directory, 'written') };
  await Promise.all(Object.values(leakFiles).map((file) => writeFile(file, '')));
  project.provide('leakFiles', leakFiles);
  return () => rm(directory, { recursive: true, force: true });
}
