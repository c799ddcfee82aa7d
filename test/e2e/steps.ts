import { beforeEach } from 'vitest';

/** Skips the remaining tests of the file after a failure, because each test depends on those before it. */
export function inSteps(): void {
  let failed: string | undefined;
  beforeEach(({ task, skip, onTestFailed }) => {
    if (failed !== undefined) skip(`after "${failed}" failed`);
    onTestFailed(() => {
      failed = task.name;
    });
  });
}
