import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { Color, Style } from '../terminal/style.ts';
import type { Finding } from './finding.ts';

const MARKS: Readonly<Record<Finding['state'], readonly [mark: string, color: Color]>> = {
  ok: ['✓', 'green'],
  wrong: ['✗', 'red'],
  unknown: ['?', 'yellow'],
};
const LINK_WIDTH = 14;
const INDENT = ' '.repeat(LINK_WIDTH + 4);

/** One line for each link, followed by the commands that fix it. */
export function renderFindings(refresher: Refresher, findings: readonly Finding[], style: Style): string {
  const lines = findings.flatMap(({ link, state, says, remedy }) => {
    const [mark, color] = MARKS[state];
    return [
      `  ${style(color, mark)} ${link.padEnd(LINK_WIDTH)}${says.replaceAll('\n', `\n${INDENT}`)}`,
      ...remedy.map((command) => `${INDENT}${style('bold', '$')} ${command}`),
    ];
  });
  return [`${style('bold', refresher.name)}  ${refresher.parameterName}`, ...lines].join('\n');
}
