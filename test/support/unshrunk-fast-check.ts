import { configureGlobal } from '../../node_modules/fast-check/lib/fast-check.js';

configureGlobal({ endOnFailure: true });

export * from '../../node_modules/fast-check/lib/fast-check.js';
export { default } from '../../node_modules/fast-check/lib/fast-check.js';
