import { readFile } from 'node:fs/promises';
import { stripVTControlCharacters, styleText } from 'node:util';
import xterm from '@xterm/headless';
import { expect, test } from 'vitest';
import { INITIAL_CONSUMER } from '../../local/demo/consumer-state.ts';
import { layOut } from '../../local/demo/screen.ts';
import { renderSvg } from '../../scripts/picture/render-svg.ts';

const picture = await readFile(new URL('../../docs/first-minute.svg', import.meta.url), 'utf8');
const textsOf = (svg: string) =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text.replaceAll('&amp;', '&'));

test('the picture shows each text at its column, in the colors of the terminal', async () => {
  const style = { validateStream: false };
  const screen = new xterm.Terminal({ cols: 20, rows: 2, allowProposedApi: true });
  const styled = [
    `${styleText('bold', 'a', style)}  ${styleText('red', '<b>', style)}`,
    `  ${styleText('dim', 'c & d', style)}`,
  ];
  await new Promise<void>((resolve) => screen.write(styled.join('\r\n'), resolve));
  const svg = renderSvg(screen, 'title');
  expect(svg).toContain('<title id="title">title</title>');
  expect([...svg.matchAll(/<text .*?<\/text>/g)].map(([text]) => text)).toEqual([
    '<text x="14" y="28" textLength="8.4" fill="#e6edf3" font-weight="bold">a</text>',
    '<text x="39.2" y="28" textLength="25.2" fill="#ff7b72">&lt;b&gt;</text>',
    '<text x="30.8" y="46" textLength="42" fill="#8b949e">c &amp; d</text>',
  ]);
});

test('the picture in the README shows the screen of npm start as it is now', () => {
  const state = {
    now: 0,
    authorization: 'up' as const,
    tokenRequests: 2,
    naiveTokenRequests: 1,
    lastRun: 'kept (fresh)',
    secondsLeft: 90,
    lifetime: 90,
    parameterVersion: 2,
    reading: { ...INITIAL_CONSUMER, retried: 1 },
    naive: INITIAL_CONSUMER,
    hasKeys: true,
    events: [],
    apiUrl: 'http://127.0.0.1:40000',
    region: 'us-east-1',
    environmentFile: '.local/demo.env',
  };
  const wordsOf = (text: string) => text.split(/[\s\d,█░]+/).filter(Boolean);
  const drawn = new Set(wordsOf(textsOf(picture).join(' ')));
  const missing = layOut(state, { columns: 80, rows: 24 })
    .flatMap((row) => wordsOf(stripVTControlCharacters(row)))
    .filter((word) => !drawn.has(word));
  expect(missing).toEqual([]);
  expect(picture).toContain('retried after a 401');
});

test('the picture in the README is lighter than 60 KB', () => {
  expect(Buffer.byteLength(picture)).toBeLessThan(60_000);
});
