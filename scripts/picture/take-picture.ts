/** `npm run picture`: runs `npm start` in a terminal, revokes the tokens, and draws the screen into docs/first-minute.svg. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderSvg } from './render-svg.ts';
import { openTerminal } from './terminal.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TITLE =
  'The screen of npm start after all tokens were revoked: the consumer with the reader has no failed call, the naive consumer fails.';

const env = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || /^(AWS|npm)_|^NO_COLOR$/.test(name) ? [] : [[name, value]],
  ),
);
const terminal = openTerminal('npm', ['start'], { columns: 80, rows: 24, cwd: root, env });
await terminal.untilRow(/consumer with reader +[3-9] calls/);
terminal.press('r');
await terminal.untilRow(/retried after a 401/);
// Long enough to see that the naive consumer does not recover soon.
await terminal.untilRow(/naive consumer .* failing for 1\d s/);
await writeFile(`${root}docs/first-minute.svg`, renderSvg(terminal.screen, TITLE));
terminal.press('q');
await terminal.exited;
