/**
 * Runs in a process of its own: alternates checks of a warm refresher with single requests to Parameter Store, and writes
 * the times of both to descriptor 3. Checks are minutes apart, so each request has a connection of its own.
 */
const [, , bundle = '', rounds = '1'] = process.argv;
const { handler } = bundle.endsWith('.mjs')
  ? await import(bundle)
  : process.getBuiltinModule('node:module').createRequire(bundle)(bundle);
const { request } = process.getBuiltinModule('node:https');
const body = JSON.stringify({ Name: process.env.TOKEN_PARAMETER_NAME, WithDecryption: true });
const headers = { 'x-amz-target': 'AmazonSSM.GetParameter', authorization: 'AWS4-HMAC-SHA256' };

const bare = () =>
  new Promise((resolve, reject) => {
    const sending = request(
      process.env.AWS_ENDPOINT_URL ?? '',
      { method: 'POST', headers, agent: false },
      (answer) => answer.resume().on('end', resolve).on('error', reject),
    );
    sending.on('error', reject).end(body);
  });
const check = () => handler({}, { getRemainingTimeInMillis: () => 60_000 });
const timeOf = async (run: () => Promise<unknown>) => {
  const start = performance.now();
  await run();
  return performance.now() - start;
};

const result = await check();
await bare();
const measured = { check: [] as number[], bare: [] as number[] };
for (let round = 0; round < Number(rounds); round += 1) {
  measured.check.push(await timeOf(check));
  measured.bare.push(await timeOf(bare));
}
process.getBuiltinModule('node:fs').writeSync(3, JSON.stringify({ result, measured }));
process.exit();

export {};
