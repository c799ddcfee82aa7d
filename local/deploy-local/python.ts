import { randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run-command.ts';

const localDirectory = fileURLToPath(new URL('../../.local', import.meta.url));

/** A script that runs a Python module and exits with this process. */
export const UNTIL_PARENT_ENDS = fileURLToPath(new URL('./until-parent-ends.py', import.meta.url));

export interface Python {
  readonly command: string;
  readonly version: string;
}

const CANDIDATES = [
  'python3.14',
  'python3.13',
  'python3.12',
  'python3.11',
  'python3.10',
  'python3',
  'python',
];
/** MiniStack requires Python 3.10. */
const OLDEST_MINOR = 10;

/** The first Python in PATH that is new enough and can create virtual environments. */
export async function findPython(signal?: AbortSignal): Promise<Python | undefined> {
  for (const command of CANDIDATES) {
    // A version manager may put names into PATH that it then fails to run.
    const script = 'import ensurepip, platform, venv; print(platform.python_version())';
    const version = await run(command, ['-c', script], {
      environment: process.env,
      ...(signal && { signal }),
    }).catch(() => '');
    const [major, minor] = version.split('.').map(Number);
    if (major === 3 && minor !== undefined && minor >= OLDEST_MINOR) return { command, version };
  }
  return undefined;
}

/**
 * Returns the interpreter of a virtual environment with these packages. Creates it under `.local` if it does not exist.
 * `name` must change with the packages.
 */
export async function installPackages(
  python: Python,
  name: string,
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const directory = join(localDirectory, `${name}-python${python.version}`);
  const interpreter = join(directory, 'bin', 'python');
  if (await exists(interpreter)) return interpreter;
  // Created as a draft and then renamed, so that an existing directory is complete, even with concurrent runs.
  const draft = join(localDirectory, `.draft-${randomUUID()}`);
  // Temporary files of an interrupted pip are removed with the draft.
  const environment = { ...process.env, TMPDIR: draft };
  const options = { environment, ...(signal && { signal }) };
  try {
    await mkdir(draft, { recursive: true });
    await run(python.command, ['-m', 'venv', draft], options);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...packages];
    await run(join(draft, 'bin', 'python'), pip, options);
    await rename(draft, directory).catch(async (error: unknown) => {
      if (await exists(interpreter)) return;
      // The existing directory has no working interpreter: Python was moved or removed.
      await rm(directory, { recursive: true, force: true });
      await rename(draft, directory).catch(() => {
        throw error;
      });
    });
    return interpreter;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
