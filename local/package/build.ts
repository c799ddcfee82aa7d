/** Builds the package: the construct, the reader and its fake (ES modules and CommonJS, with types), the functions, and the CLI. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SANDBOX, synthesizeFunction } from '../synthesize.ts';
import { bundleCommand } from './bundle-cli.ts';
import { bundleForCommonJs } from './bundle-for-commonjs.ts';
import { bundleReader } from './bundle-reader.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'dist');

await rm(dist, { recursive: true, force: true });
await promisify(execFile)('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: root });
const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-build-'));
// The settings do not matter, because a bundle holds none.
const { module, deploymentModule } = await synthesizeFunction(SANDBOX, outdir);
await cp(dirname(module), join(dist, 'functions', 'Function'), { recursive: true });
await cp(dirname(deploymentModule), join(dist, 'functions', 'DeploymentFunction'), { recursive: true });
await rm(outdir, { recursive: true, force: true });
await bundleCommand(join(dist, 'cli'));
await bundleReader(dist);
await bundleForCommonJs(dist);
