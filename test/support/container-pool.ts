import type { RunningFunction } from '../../local/function-container.ts';
import type { InvocationResult } from '../../local/function-runtime.ts';

/** Runs each event in a free container, as Lambda does. If all are busy, the event waits for one. */
export interface ContainerPool {
  invoke(event: unknown): Promise<InvocationResult>;
}

export function createContainerPool(containers: () => readonly RunningFunction[]): ContainerPool {
  const busy = new Set<RunningFunction>();
  const waiting: (() => void)[] = [];
  return {
    async invoke(event) {
      let container = containers().find((candidate) => !busy.has(candidate));
      while (container === undefined) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        container = containers().find((candidate) => !busy.has(candidate));
      }
      busy.add(container);
      try {
        return await container.invoke(event);
      } finally {
        busy.delete(container);
        waiting.shift()?.();
      }
    },
  };
}
