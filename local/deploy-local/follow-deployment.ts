import type { CloudClients } from './cloud-clients.ts';
import { correctSecretReferences } from './correct-secret-references.ts';
import type { Deployed } from './deploy-app.ts';
import { followFunctionLog } from './function-log.ts';

const CORRECT_EVERY_MS = 1_000;

/** Prints the logs of the functions until the signal aborts. Meanwhile, the user may deploy again. */
export async function followDeployment(
  clients: CloudClients,
  deployed: readonly Deployed[],
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const following = deployed.map((one) => {
    const name = deployed.length === 1 ? '' : `${one.name}  `;
    const log = followFunctionLog(clients, one, (line) => print(`  ${name}${line.trimStart()}`), signal);
    return correctSecretReferences(clients, one.stack, log, CORRECT_EVERY_MS);
  });
  await Promise.all(following);
}
