import { expect, test } from 'vitest';
import type { Environment } from '../../../lambda/refresher/configuration.ts';
import type { RunTools } from '../../../lambda/refresher/report-attempt.ts';
import { run } from '../../../lambda/refresher/run.ts';
import { environmentFor } from '../../support/configuration.ts';
import { createTestClock } from '../../support/test-clock.ts';

test.for<[string, unknown, Environment, string]>([
  ['its event', { force: 'yes' }, environmentFor('https://auth.example.com/token'), 'EVENT_INVALID'],
  ['its settings', {}, {}, 'CONFIGURATION_INVALID'],
])(
  'a run that cannot use %s counts as failed, and writes its metrics',
  async ([, event, environment, code]) => {
    const reported: unknown[] = [];
    const addMetric = (name: string, _: string, value: number) => reported.push([name, value]);
    const addDimension = (name: string, value: string) => reported.push([name, value]);
    const telemetry = {
      logger: { error: (message: string) => reported.push(message) },
      metrics: { addMetric, singleMetric: () => ({ addMetric, addDimension }) },
    };
    // It needs no more than these tools.
    const tools = { clock: createTestClock(), telemetry, publish: () => reported.push('published') };
    await expect(run(event, environment, tools as unknown as RunTools)).rejects.toMatchObject({ code });
    expect(reported).toEqual([
      ['Failed', 1],
      ['code', code],
      ['Failed', 1],
      expect.stringContaining(code),
      'published',
    ]);
  },
);
