import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type DeployableFunction, SANDBOX, synthesizeFunction } from '../../local/synthesize.ts';
import { assertNoLeaks, readLines } from './confidential.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The functions that the app deploys: bundles, environment and template. */
    deployable: DeployableFunction;
  }
}

/** Synthesizes the app once for all tests. After them, searches everything that was written for confidential values. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-test-'));
  // Temporary files of the tests and their child processes are removed with it.
  process.env.TMPDIR = join(outdir, 'tmp');
  await mkdir(process.env.TMPDIR);
  const leakFiles = { secrets: join(outdir, 'secrets'), written: join(outdir, 'written') };
  await Promise.all(Object.values(leakFiles).map((file) => writeFile(file, '')));
  project.provide('leakFiles', leakFiles);
  project.provide('deployable', await synthesizeFunction(SANDBOX, outdir));
  const testOutput = captureOutput();
  return async () => {
    const everything = [...testOutput(), await readFile(leakFiles.written, 'utf8')].join('\n');
    const secrets = new Set(readLines(leakFiles.secrets));
    await rm(outdir, { recursive: true, force: true });
    assertNoLeaks(secrets, everything);
  };
}

/** Records the output of the test runner. The returned function stops that and returns the output. */
function captureOutput(): () => string[] {
  const printed: string[] = [];
  const originals = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream);
    stream.write = ((chunk: Uint8Array | string, ...rest: never[]) => {
      printed.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      return write(chunk, ...rest);
    }) as typeof stream.write;
    return { stream, write };
  });
  return () => {
    for (const { stream, write } of originals) stream.write = write;
    return printed;
  };
}
