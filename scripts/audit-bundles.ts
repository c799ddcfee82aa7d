/** Fails where the registry knows of a vulnerability in a package that is in a bundle: `npm run audit:bundles`. */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type AuditReport, vulnerableMaterials } from './vulnerable-materials.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// npm ends with an error wherever it finds anything, in tools as well: what counts is in its answer.
const { stdout } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' });
const materials = await readFile(`${root}/docs/bill-of-materials.md`, 'utf8');
const found = vulnerableMaterials(JSON.parse(stdout) as AuditReport, materials);
for (const { name, severity, titles } of found) console.error(`${name}: ${severity}: ${titles.join('; ')}`);
console.log(`${found.length} packages in the bundles are vulnerable`);
process.exitCode = found.length === 0 ? 0 : 1;
