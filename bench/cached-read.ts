/**
 * What a cached `get()` costs, against a plain async function that returns a value, in one process: rounds of both
 * take turns, so that whatever else the machine does meets both alike, and the medians are compared.
 */
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createTokenReader } from '../lambda/reader/token-reader.ts';
import { sha256 } from '../lambda/shared/stored-token.ts';
import { startAwsEndpoint } from '../local/embedded-cloud/endpoint.ts';

/** A cached read may cost this many times the plain function. */
const LIMIT = 2;
const ROUNDS = 301;
const READS_PER_ROUND = 10_000;

const parameterName = '/bench/access-token';
const cloud = await startAwsEndpoint();
const ssm = new SSMClient({
  endpoint: cloud.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const issuedAt = Math.floor(Date.now() / 1_000);
const token = 'a-token-of-the-usual-length'.repeat(30);
const record = {
  access_token: token,
  token_type: 'Bearer',
  expires_at: issuedAt + 3_600,
  issued_at: issuedAt,
  source: sha256('bench'),
};
await ssm.send(
  new PutParameterCommand({ Name: parameterName, Value: JSON.stringify(record), Type: 'SecureString' }),
);

const reader = createTokenReader({ parameterName, ssm });
const plain = async () => token;

const timeOf = async (read: () => Promise<string>): Promise<number> => {
  const startedAt = process.hrtime.bigint();
  for (let index = 0; index < READS_PER_ROUND; index += 1) await read();
  return Number(process.hrtime.bigint() - startedAt) / READS_PER_ROUND;
};
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const cached: number[] = [];
const plainly: number[] = [];
const ratios: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const [read, bare] = [await timeOf(reader.get), await timeOf(plain)];
  cached.push(read);
  plainly.push(bare);
  ratios.push(read / bare);
}
const ratio = median(ratios);
console.log(
  `cached get(): ${ratio.toFixed(2)} times a plain async function, at most ${LIMIT} ` +
    `(${median(cached).toFixed(0)} ns and ${median(plainly).toFixed(0)} ns, medians of ${ROUNDS} rounds)`,
);
if (!(ratio <= LIMIT)) process.exitCode = 1;
ssm.destroy();
await cloud.close();
