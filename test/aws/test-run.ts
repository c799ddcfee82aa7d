import type { DeployedApp } from '../e2e/deployed-app.ts';
import type { Account } from './account.ts';
import type { ServerControl } from './authorization-server/control.ts';
import type { Findings } from './findings.ts';
import type { Names } from './names.ts';

/** What the steps of one run share. */
export interface TestRun {
  readonly account: Account;
  readonly names: Names;
  readonly findings: Findings;
  readonly server: ServerControl;
  readonly app: DeployedApp;
  /** Values for `-c` of the app, which the steps change. */
  readonly context: Record<string, string>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Everything that the functions returned and logged. */
  readonly written: string[];
  /** Runs when the run ends, the last one first. */
  readonly closing: AsyncDisposableStack;
  /** The URL of the authorization server, without a slash at the end. Empty until it is deployed. */
  serverUrl: string;
}

/** One step. It returns a line for the user, and throws if the step fails. */
export type Step = (run: TestRun) => Promise<string>;

/** The app of the refresher and its consumers. */
export const TEST_APP = 'test/aws/app.ts';
