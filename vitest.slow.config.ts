import config from './vitest.config.ts';

/** Slow tests without a cloud: simulations, the installed package, failing deployments. */
export default { ...config, test: { ...config.test, include: ['test/slow/*.test.ts'], exclude: [] } };
