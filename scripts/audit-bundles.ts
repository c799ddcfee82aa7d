/** `npm run audit:bundles`: fails if the registry knows a vulnerability in a package of the bundles. */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type AuditReport, vulnerableMaterials } from './vulnerable-materials.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// npm's exit code also counts vulnerabilities in tools, so read its output instead.
const { stdout } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' });
const materials = await readFile(`${root}/docs/bill-of-materials.md`, 'utf8');
const found = vulnerableMaterials(JSON.parse(stdout) as AuditReport, materials);
for (const { name, severity, titles } of found) console.error(`${name}: ${severity}: ${titles.join('; ')}`);
console.log(`${found.length} vulnerable packages in the bundles`);
process.exitCode = found.length === 0 ? 0 : 1;
