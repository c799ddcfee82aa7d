import { mergeConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** What takes its time without a cloud: the simulated fleet of readers, and the package installed in an empty app. */
export default mergeConfig(
  { ...config, test: { ...config.test, include: [], exclude: [] } },
  { test: { include: ['test/slow/*.test.ts'] } },
);
