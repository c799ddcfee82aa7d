import type { RefreshResult } from '../../lambda/shared/refresh-result.ts';
import { callApi } from '../call-api.ts';
import { LOCAL_POLICY, type LocalSystem } from './local-system.ts';

/**
 * Runs the refresher twice and calls the API with the stored token.
 * @throws Error if a step does not have the expected outcome
 */
export async function runOnce(system: LocalSystem, print: (line: string) => void): Promise<void> {
  await system.putCredentials();
  // Mints even if an endpoint of the user's still holds a token: its source has another token URL.
  print(`minted and stored   ${JSON.stringify(await check(system, 'minted'))}`);
  print(`checked again       ${JSON.stringify(await check(system, 'kept'))}`);
  const { parameterName } = system;
  const { status, record, version } = await callApi(system.cloud.ssm, parameterName, system.apiUrl);
  if (record === undefined) throw new Error(`parameter ${parameterName} could not be read`);
  print(
    `read back           ${parameterName}, version ${version}, valid for ${LOCAL_POLICY.tokenLifetime} s`,
  );
  if (status !== 200) throw new Error(`the API answered ${status ?? 'nothing'} instead of 200`);
  print('accepted            the API answered 200');
}

async function check({ runs }: LocalSystem, expected: RefreshResult['outcome']): Promise<RefreshResult> {
  const answer = await runs.run({}, 'schedule');
  if (!answer.ok) throw new Error(answer.errorMessage);
  const result = answer.result as RefreshResult;
  if (result.outcome !== expected) throw new Error(`the check ${result.outcome} instead of ${expected}`);
  return result;
}
