import { PutParameterCommand, type PutParameterCommandInput, type SSM } from '@aws-sdk/client-ssm';
import { createReader } from '../../lambda/reader/create-reader.ts';
import type { Seams } from '../../lambda/reader/seams.ts';
import type { TokenReader, TokenReaderOptions } from '../../lambda/reader/token-reader.ts';
import { type StoredToken, sha256 } from '../../lambda/shared/stored-token.ts';
import {
  type AwsCall,
  type AwsEndpoint,
  type Fault,
  startAwsEndpoint,
} from '../../local/embedded-cloud/endpoint.ts';
import { awsClients } from './client.ts';
import { createSimulatedTime, type SimulatedTime } from './simulated-time.ts';

/** A parameter in the embedded cloud, in simulated time, and its readers. */
export interface StoredParameter {
  readonly name: string;
  readonly cloud: AwsEndpoint;
  readonly ssm: SSM;
  readonly time: SimulatedTime;
  /** Stores a token. By default, it is issued now and valid for an hour. */
  put(accessToken: string, fields?: Partial<StoredToken> & { readonly lifetime?: number }): Promise<void>;
  putValue(value: string, options?: Partial<PutParameterCommandInput>): Promise<void>;
  /** `GetParameter` calls so far. */
  reads(): number;
  /** Makes every `GetParameter` fail until the returned function is called. */
  fail(fault: Fault): () => void;
  /** A reader of the parameter in simulated time, without jitter unless `random` is given. */
  reader(options?: TokenReaderOptions & Partial<Seams>): TokenReader;
  close(): Promise<void>;
}

export const THROTTLED: Fault = { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' };
export const DOWN: Fault = { status: 500, type: 'InternalServerError', message: 'internal error' };
export const isRead = ({ operation }: AwsCall) => operation === 'GetParameter';

export async function createStoredParameter(
  options: Parameters<typeof startAwsEndpoint>[0] = {},
): Promise<StoredParameter> {
  const time = createSimulatedTime();
  const cloud = await startAwsEndpoint({ now: time.now, ...options });
  const { ssm } = awsClients(cloud.url);
  time.watch(ssm);
  const name = '/reader/access-token';
  const putValue: StoredParameter['putValue'] = async (value, more = {}) => {
    const input = { Name: name, Value: value, Type: 'SecureString', Overwrite: true } as const;
    await ssm.send(new PutParameterCommand({ ...input, ...more }));
  };
  return {
    name,
    cloud,
    ssm,
    time,
    putValue,
    async put(accessToken, { lifetime = 3_600, ...fields } = {}) {
      const issuedAt = fields.issued_at ?? Math.floor(time.now() / 1_000);
      const record: StoredToken = {
        access_token: accessToken,
        token_type: 'Bearer',
        expires_at: issuedAt + lifetime,
        issued_at: issuedAt,
        source: sha256('source'),
        ...fields,
      };
      await putValue(JSON.stringify(record));
    },
    reads: () => cloud.calls.filter(isRead).length,
    fail: (fault) => cloud.intercept((call) => (isRead(call) ? fault : undefined)),
    reader: ({ now = time.now, sleep = time.sleep, random = () => 0.5, ...options } = {}) =>
      createReader({ parameterName: name, ssm, ...options }, { now, sleep, random }),
    async close() {
      ssm.destroy();
      await cloud.close();
    },
  };
}
