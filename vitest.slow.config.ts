import config from './vitest.config.ts';

/** What takes its time without a cloud: simulations, the package installed in an empty app, interrupted deployments. */
export default { ...config, test: { ...config.test, include: ['test/slow/*.test.ts'], exclude: [] } };
