/** @throws Error if the document has no such section */
export function replaceSection(document: string, section: string, content: string): string {
  const [start, end] = [`<!-- ${section} -->\n`, `\n<!-- /${section} -->`];
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document has no section "${section}"`);
  return `${document.slice(0, from + start.length)}${content}${document.slice(to)}`;
}
