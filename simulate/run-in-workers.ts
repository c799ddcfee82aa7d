import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type ScenarioResult, scenarios } from './scenarios.ts';

/** Runs all scenarios of a seed, as many at a time as there are processors. Calls `onResult` after each. */
export async function runInWorkers(
  seed: number,
  onResult: (result: ScenarioResult) => void,
): Promise<readonly ScenarioResult[]> {
  const count = scenarios(seed).length;
  const results: ScenarioResult[] = [];
  let next = 0;
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: { seed },
        // Readers warn about each report that fails.
        execArgv: ['--disable-warning=TokenUnavailableError'],
      });
      const goOn = () => {
        if (next < count) worker.postMessage(next++);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('message', ({ index, result }: { index: number; result: ScenarioResult }) => {
        results[index] = result;
        onResult(result);
        goOn();
      });
      worker.on('error', reject);
      goOn();
    });
  await Promise.all(Array.from({ length: Math.min(count, availableParallelism()) }, work));
  return results;
}
