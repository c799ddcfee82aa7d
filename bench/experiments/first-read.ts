import { join } from 'node:path';
import { PLAIN, writeBundle } from '../support/bundles.ts';
import { ACCESS_TOKEN } from '../support/cloud.ts';
import type { Experiment, Sample } from '../support/experiment.ts';
import { compileScript, runScript } from '../support/run-script.ts';
import { CONSUMER } from './consumer.ts';

const BARE_SDK_CALL = `
  import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
  const ssm = new SSMClient({});
  export const handler = async () => {
    const Name = process.env.TOKEN_PARAMETER_NAME;
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    return JSON.parse(Parameter.Value).access_token;
  };`;

interface Output {
  readonly result: string;
  readonly measured: Sample;
}

/** A new container of a consumer, bundled with all that it uses: it loads the bundle and reads the token once. */
export const firstRead: Experiment = {
  rounds: 25,
  counts: 'least',
  async prepare({ cloud, directory }) {
    const script = await compileScript('measure-start.ts', directory);
    // The best case for the SDK: its ES modules, which esbuild can tree-shake.
    const options = { ...PLAIN, mainFields: ['module', 'main'] };
    const bundle = (name: string, code: string) =>
      writeBundle({ code }, options, join(directory, name, 'index.js'));
    const read = (consumer: string, environment: Readonly<Record<string, string>>) => async () => {
      const { result, measured } = await runScript<Output>(script, [consumer], environment);
      if (result !== ACCESS_TOKEN) throw new Error('the consumer returned something other than the token');
      return measured;
    };
    const [reader, sdk] = [await bundle('reader', CONSUMER), await bundle('sdk', BARE_SDK_CALL)];
    return {
      reader: read(reader, cloud.plainEnvironment),
      sdk: read(sdk, cloud.plainEnvironment),
      readerOverTls: read(reader, cloud.environment),
      sdkOverTls: read(sdk, cloud.environment),
    };
  },
};
