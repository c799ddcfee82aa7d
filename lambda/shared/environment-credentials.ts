import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces the SDK's credential chain in the bundle. Lambda passes the role's credentials in the environment. The chain's
 * other sources (files, processes, single sign-on) only slow down a cold start.
 */
export const defaultProvider = () => fromEnv();
