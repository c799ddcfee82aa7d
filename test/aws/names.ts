import { randomBytes } from 'node:crypto';

/** Names of everything that a run creates. Each contains the run's random suffix. */
export interface Names {
  readonly suffix: string;
  /** Key of the refresher in cdk.json. */
  readonly refresher: string;
  readonly stacks: {
    readonly authorizationServer: string;
    readonly refresher: string;
    readonly consumer: string;
  };
  /** The path of every parameter. */
  readonly parameterPath: string;
  readonly tokenParameter: string;
  readonly serverState: string;
  readonly secret: string;
}

export function createNames(suffix = randomBytes(4).toString('hex')): Names {
  const refresher = `awstest-${suffix}`;
  const parameterPath = `/token-refresher-test/${suffix}`;
  return {
    suffix,
    refresher,
    stacks: {
      authorizationServer: `AuthorizationServer-${refresher}`,
      refresher: `TokenRefresher-${refresher}`,
      consumer: `Consumer-${refresher}`,
    },
    parameterPath,
    tokenParameter: `${parameterPath}/access-token`,
    serverState: `${parameterPath}/authorization-server`,
    secret: `token-refresher-test/${suffix}/credentials`,
  };
}
