import { getParameter } from '@aws-lambda-powertools/parameters/ssm';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createTokenReader } from '../../lambda/reader/token-reader.ts';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import { ACCESS_TOKEN } from '../support/cloud.ts';
import type { Experiment } from '../support/experiment.ts';

const READS_PER_ROUND = 10_000;

/** Reads of a token that is in memory. */
export const cachedRead: Experiment = {
  rounds: 201,
  counts: 'median',
  async prepare({ cloud }) {
    Object.assign(process.env, cloud.plainEnvironment);
    const reader = createTokenReader();
    const withPowertools = readWithPowertools(cloud.parameterName);
    return {
      reader: await reads(() => reader.get()),
      // Without reading the clock, no read can know whether the token is still valid. Its cost differs between machines.
      plain: await reads(async () => (Date.now() > 0 ? ACCESS_TOKEN : '')),
      powertools: await reads(withPowertools, (token) => token?.access_token),
      byHand: await reads(readAndCacheByHand(cloud.parameterName)),
    };
  },
};

function readWithPowertools(name: string): () => Promise<StoredToken | undefined> {
  const options = { decrypt: true, maxAge: 3_600, transform: 'json' } as const;
  return () => getParameter<StoredToken>(name, options);
}

/** What a team would write first: the parameter with the SDK, kept in a variable until it expires. */
function readAndCacheByHand(Name: string): () => Promise<string> {
  const ssm = new SSMClient({});
  let token: StoredToken | undefined;
  return async () => {
    if (token === undefined || token.expires_at * 1_000 <= Date.now()) {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
      token = JSON.parse(Parameter?.Value ?? '') as StoredToken;
    }
    return token.access_token;
  };
}

async function reads<Read>(
  read: () => Promise<Read>,
  tokenIn: (read: Read) => unknown = (token) => token,
): Promise<() => Promise<{ elapsed: number }>> {
  if (tokenIn(await read()) !== ACCESS_TOKEN)
    throw new Error('a read returned something other than the token');
  return async () => {
    const start = performance.now();
    for (let index = 0; index < READS_PER_ROUND; index += 1) await read();
    return { elapsed: (performance.now() - start) / READS_PER_ROUND };
  };
}
