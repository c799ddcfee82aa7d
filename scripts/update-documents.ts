/** `npm run docs`: updates the generated sections of the documents. A test fails if they are out of date. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SANDBOX, synthesizeFunction } from '../local/synthesize.ts';
import { renderDocuments } from './documents.ts';
import { replaceSection } from './replace-section.ts';

const outdir = await mkdtemp(join(tmpdir(), 'token-refresher-docs-'));
await synthesizeFunction(SANDBOX, outdir);
for (const { file, section, content } of await renderDocuments(outdir)) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  await writeFile(path, replaceSection(await readFile(path, 'utf8'), section, content));
  console.log(`${file}: ${section} written`);
}
await rm(outdir, { recursive: true });
