/** Whether a name is one pattern for several refreshers: `*` stands for any characters, `?` for one. */
export function isPattern(name: string): boolean {
  return /[*?]/.test(name);
}

/** Whether the text equals the name, or fits it if it is a pattern. Patterns match slashes too. */
export function matches(name: string, text: string): boolean {
  if (!isPattern(name)) return name === text;
  const expression = name.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${expression.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(text);
}
