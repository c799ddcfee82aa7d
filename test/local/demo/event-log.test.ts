import { expect, test } from 'vitest';
import { createEventLog } from '../../../local/demo/event-log.ts';

test('the event log counts an event that repeats, and keeps the latest ten', () => {
  const written: string[] = [];
  const log = createEventLog((line) => written.push(line));
  for (let event = 1; event <= 10; event += 1) log.add(`event ${event}`);
  log.add('failed');
  log.add('failed');
  expect(log.lines).toHaveLength(10);
  expect(log.lines[0]).toContain('event 2');
  expect(log.lines.at(-1)).toContain('failed (2 times)');
  expect(written).toHaveLength(12);
});
