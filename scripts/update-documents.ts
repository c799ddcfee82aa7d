/** `npm run docs`: updates the generated sections of the documents, and the JSON Schema of cdk.json. A test fails if any is out of date. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SANDBOX, synthesizeFunction } from '../local/synthesize.ts';
import { renderDocuments } from './documents.ts';
import { replaceSection } from './replace-section.ts';
import { renderSettingsSchema, SETTINGS_SCHEMA } from './settings-schema.ts';

const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-docs-'));
await synthesizeFunction(SANDBOX, outdir);
for (const { file, section, content } of await renderDocuments(outdir)) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  await writeFile(path, replaceSection(await readFile(path, 'utf8'), section, content));
  console.log(`${file}: ${section} written`);
}
await writeFile(
  fileURLToPath(new URL(`../${SETTINGS_SCHEMA}`, import.meta.url)),
  await renderSettingsSchema(),
);
console.log(`${SETTINGS_SCHEMA} written`);
await rm(outdir, { recursive: true });
