/** Whether a name is a pattern, which several refreshers may match: `*` stands for any characters, `?` for one. */
export function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

/** Whether the text equals the name, or matches it if it is a pattern. `*` and `?` also stand for slashes. */
export function matches(name: string, text: string): boolean {
  if (!isPattern(name)) return name === text;
  const expression = name.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${expression.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}
