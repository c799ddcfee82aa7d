import { answers, freePort } from '../../local/deploy-local/ministack.ts';
import { installPackages, type Python, UNTIL_PARENT_ENDS } from '../../local/deploy-local/python.ts';
import { startProcess } from '../../local/deploy-local/run-command.ts';
import { waitFor } from '../../local/deploy-local/wait-for.ts';

const MOTO_VERSION = '5.2.5';
const AWS_COMMAND_VERSION = '1.46.3';
/** For the examples. moto installs boto3. */
const POWERTOOLS_VERSION = '3.37.0';
/** Excludes moto's `server` extra, which installs the packages of all services. */
const PACKAGES = [
  `moto[ssm,secretsmanager]==${MOTO_VERSION}`,
  'flask==3.1.3',
  'flask-cors==6.0.5',
  `awscli==${AWS_COMMAND_VERSION}`,
  `aws-lambda-powertools==${POWERTOOLS_VERSION}`,
];

export interface Moto {
  readonly url: string;
  /** Also runs the AWS CLI, as module `awscli`. */
  readonly interpreter: string;
  close(): Promise<void>;
}

/** Starts moto. Its virtual environment under `.local` also has the AWS CLI and the imports of the Python examples. */
export async function startMoto(python: Python): Promise<Moto> {
  const name = `moto-${MOTO_VERSION}-awscli-${AWS_COMMAND_VERSION}-powertools-${POWERTOOLS_VERSION}`;
  const interpreter = await installPackages(python, name, PACKAGES);
  const port = await freePort();
  const service = await startProcess(
    interpreter,
    [UNTIL_PARENT_ENDS, 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    { environment: { PATH: process.env.PATH, HOME: process.env.HOME } },
  );
  const url = `http://127.0.0.1:${port}`;
  const ready = async () => {
    if (service.exitCode !== undefined) throw new Error(['moto did not start', ...service.output].join('\n'));
    return (await answers(`${url}/moto-api/data.json`)) || undefined;
  };
  try {
    await waitFor('moto', ready, { within: 60_000, every: 100 });
    return { url, interpreter, close: () => service.stop() };
  } catch (error) {
    await service.stop();
    throw error;
  }
}
