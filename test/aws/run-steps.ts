import { createStep } from '../../local/deploy-local/print-step.ts';
import { changeTier } from './steps/change-tier.ts';
import { deployAuthorizationServer } from './steps/deploy-authorization-server.ts';
import { deployWithFirstToken } from './steps/deploy-with-first-token.ts';
import { describeAccount } from './steps/describe-account.ts';
import { destroy } from './steps/destroy.ts';
import { probeParameterStore } from './steps/probe-parameter-store.ts';
import { readAsConsumers } from './steps/read-as-consumers.ts';
import { reportRejectedToken } from './steps/report-rejected-token.ts';
import { rollBackFailingUpdate } from './steps/roll-back-failing-update.ts';
import { rotateSecret } from './steps/rotate-secret.ts';
import { updateSetting } from './steps/update-setting.ts';
import { waitForAlarms } from './steps/wait-for-alarms.ts';
import type { Step, TestRun } from './test-run.ts';

/** In this order. Each step needs those before it. */
const STEPS: readonly (readonly [name: string, step: Step])[] = [
  ['account', describeAccount],
  ['parameter store', probeParameterStore],
  ['authorization server', deployAuthorizationServer],
  ['first token', deployWithFirstToken],
  ['consumers', readAsConsumers],
  ['rejected token', reportRejectedToken],
  ['rotated secret', rotateSecret],
  ['changed setting', updateSetting],
  ['failing update', rollBackFailingUpdate],
  ['advanced tier', changeTier],
  ['alarms', waitForAlarms],
  ['destroy', destroy],
];

export interface StepResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'not run';
  /** What the step saw, or why it failed. */
  readonly detail: string;
  readonly seconds: number;
}

/** Runs the steps until one fails or the run is interrupted. The others are listed as not run. */
export async function runSteps(run: TestRun, write: (text: string) => void): Promise<readonly StepResult[]> {
  const step = createStep(write);
  const results: StepResult[] = [];
  for (const [name, action] of STEPS) {
    if (results.some(({ outcome }) => outcome !== 'passed')) {
      results.push({ name, outcome: 'not run', detail: '', seconds: 0 });
      continue;
    }
    const startedAt = Date.now();
    const result = await step(
      name,
      () => untilInterrupted(run.signal, action(run)),
      (detail) => detail,
    ).then(
      (detail) => ({ outcome: 'passed' as const, detail }),
      (error: unknown) => ({ outcome: 'failed' as const, detail: messageOf(error) }),
    );
    if (result.outcome === 'failed') write(`${result.detail}\n`);
    results.push({ name, ...result, seconds: Math.round((Date.now() - startedAt) / 1_000) });
  }
  return results;
}

/** A step may wait in a request, so an interruption does not wait for the step. */
function untilInterrupted<Result>(signal: AbortSignal, result: Promise<Result>): Promise<Result> {
  const interrupted = new Promise<never>((_, reject) => {
    const stop = () => reject(new Error('interrupted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([result, interrupted]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
