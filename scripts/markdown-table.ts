/** A Markdown table. Vertical bars in the cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A link from another page of the documentation to an error code's entry in the runbook. */
export function codeLink(code: string): string {
  return `[\`${code}\`](operations.md#${code.toLowerCase()})`;
}
