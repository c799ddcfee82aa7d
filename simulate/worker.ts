/** Runs the scenarios that the main thread sends, one after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { runScenario, scenarios } from './scenarios.ts';

const all = scenarios(workerData.seed);
parentPort?.on('message', async (index: number) => {
  const scenario = all[index];
  if (scenario !== undefined) parentPort?.postMessage({ index, result: await runScenario(scenario) });
});
