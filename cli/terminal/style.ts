import { styleText } from 'node:util';

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';
export type Style = (colour: Colour, text: string) => string;

/** Colours where the stream is a terminal that has them; NO_COLOR and FORCE_COLOR are heeded by Node.js itself. */
export function styleFor(stream: { hasColors?: () => boolean }): Style {
  if (stream.hasColors?.() !== true) return (_colour, text) => text;
  return (colour, text) => styleText(colour, text, { validateStream: false });
}

const NAME_WIDTH = 10;

/** A line of a block: a name and what is to be said of it, which may itself have several lines. */
export function row(name: string, text: string): string {
  return `  ${name.padEnd(NAME_WIDTH)} ${text.replaceAll('\n', `\n${' '.repeat(NAME_WIDTH + 3)}`)}`;
}
