import { beforeEach } from 'vitest';

/** Has every test of the file stand on those before it: after one that failed, the others are skipped. */
export function inSteps(): void {
  let failed: string | undefined;
  beforeEach(({ task, skip, onTestFailed }) => {
    if (failed !== undefined) skip(`after "${failed}" failed`);
    onTestFailed(() => {
      failed = task.name;
    });
  });
}
