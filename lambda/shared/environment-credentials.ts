import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in for the SDK's whole credential chain in the bundle: Lambda hands a function its role's credentials in
 * the environment, and what the chain would try besides (files, processes, single sign-on) only slows its start.
 */
export const defaultProvider = () => fromEnv();
