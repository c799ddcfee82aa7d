import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { READER_ENVIRONMENT } from '../../lambda/shared/reader-environment.ts';
import { FUNCTION_NAME } from './local-cloud.ts';
import type { LocalSystem } from './local-system.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const file = fileURLToPath(new URL('../../.local/demo.env', import.meta.url));

/** The file's path from the folder of the clone, in which npm runs. */
export const ENVIRONMENT_FILE = relative(root, file);

/** The environment of a consumer in another terminal: what `connect` sets, and where the local services are. */
export function consumerEnvironment({
  cloud: { url, external, lambdaUrl, region, credentials },
  parameterName,
  apiUrl,
}: LocalSystem): Readonly<Record<string, string>> {
  return {
    API_URL: apiUrl,
    [READER_ENVIRONMENT.parameterName]: parameterName,
    [READER_ENVIRONMENT.refresherFunctionName]: FUNCTION_NAME,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: url,
    ...(external && { AWS_ENDPOINT_URL_LAMBDA: lambdaUrl }),
    // Those of an endpoint of the user's own are not written to a file.
    ...(!external && {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }),
  };
}

/** Writes the environment to a file that Node.js (`--env-file`) and a shell can read, until it is disposed. */
export async function writeConsumerEnvironment(system: LocalSystem): Promise<AsyncDisposable> {
  const lines = Object.entries(consumerEnvironment(system)).map(([name, value]) => `export ${name}=${value}`);
  const content = `${lines.join('\n')}\n`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return {
    async [Symbol.asyncDispose]() {
      // Another demo may have replaced it.
      const found = await readFile(file, 'utf8').catch(() => undefined);
      if (found === content) await rm(file);
    },
  };
}
