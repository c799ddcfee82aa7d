import { callApi } from '../consumer.ts';
import { LOCAL_POLICY, type LocalSystem } from './system.ts';

/** One pass from the event to an accepted API call. Throws where any step is not as it should be. */
export async function runOnce(system: LocalSystem, print: (line: string) => void): Promise<void> {
  await system.putCredentials();
  // Where an endpoint of the user's holds a token from before, it came from another authorization server.
  const minted = await system.fn.invoke({});
  if (!minted.ok) throw new Error(minted.errorMessage);
  if ((minted.result as { outcome: string }).outcome !== 'minted')
    throw new Error('the first check did not mint');
  print(`minted and stored   ${JSON.stringify(minted.result)}`);
  const kept = await system.fn.invoke({});
  if (!kept.ok) throw new Error(kept.errorMessage);
  if ((kept.result as { outcome: string }).outcome !== 'kept')
    throw new Error('the second check minted again');
  print(`checked again       ${JSON.stringify(kept.result)}`);
  const { status, record, version } = await callApi(system.ssm, system.parameterName, system.apiUrl);
  if (record === undefined) throw new Error(`parameter ${system.parameterName} could not be read`);
  print(
    `read back           ${system.parameterName}, version ${version}, ${LOCAL_POLICY.tokenLifetime} s tokens`,
  );
  if (status !== 200) throw new Error(`the API answered ${status ?? 'nothing'} instead of 200`);
  print('accepted            the API answered 200');
}
