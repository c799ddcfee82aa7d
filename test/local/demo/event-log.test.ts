import { expect, test } from 'vitest';
import { createEventLog, type DemoEvent } from '../../../local/demo/event-log.ts';

const logAt = (now: Date) => {
  const written: DemoEvent[] = [];
  return {
    written,
    log: createEventLog(
      () => now.getTime(),
      (event) => written.push(event),
    ),
  };
};

test('the event log shows the local time, and counts an event that repeats', () => {
  const { log, written } = logAt(new Date(2031, 0, 2, 3, 4, 5));
  for (const text of ['minted', 'failed', 'failed']) log.add(text);
  expect(log.events).toEqual([
    { time: '03:04:05', text: 'minted' },
    { time: '03:04:05', text: 'failed (2 times)' },
  ]);
  expect(written).toHaveLength(3);
});

test('the event log keeps the latest 200 events', () => {
  const { log } = logAt(new Date());
  for (let event = 1; event <= 201; event += 1) log.add(`event ${event}`);
  expect(log.events).toHaveLength(200);
  expect(log.events[0]?.text).toBe('event 2');
});

test('the event log replaces characters that would move the cursor', () => {
  const { log } = logAt(new Date());
  log.add('a\r\n\x1b[2Jb');
  expect(log.events[0]?.text).toBe('a [2Jb');
});
