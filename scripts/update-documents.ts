/** Writes the generated parts of the documents anew: `npm run docs`. A test fails where they are not current. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderDocuments, replaceSection } from './documents.ts';

for (const { file, section, content } of await renderDocuments()) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  await writeFile(path, replaceSection(await readFile(path, 'utf8'), section, content));
  console.log(`${file}: ${section} written`);
}
