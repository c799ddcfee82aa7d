import { styleText } from 'node:util';

export type Color = 'green' | 'yellow' | 'red' | 'dim' | 'bold';
export type Style = (color: Color, text: string) => string;

/** Uses colors only if the stream supports them. Node.js itself respects NO_COLOR and FORCE_COLOR. */
export function styleFor(stream: { hasColors?: () => boolean }): Style {
  if (stream.hasColors?.() !== true) return (_color, text) => text;
  return (color, text) => styleText(color, text, { validateStream: false });
}

const NAME_WIDTH = 10;

/** A name and its text, in two columns. */
export function row(name: string, text: string): string {
  return `  ${name.padEnd(NAME_WIDTH)} ${text.replaceAll('\n', `\n${' '.repeat(NAME_WIDTH + 3)}`)}`;
}
