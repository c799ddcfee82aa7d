import { expect, test } from 'vitest';
import { createVirtualTime } from '../../simulate/virtual-time.ts';
import { createRandom } from '../support/random.ts';

test('events happen in the order of their instants, and those of one instant in the order of planning', async () => {
  const random = createRandom(1);
  const time = createVirtualTime(0);
  const planned = Array.from({ length: 500 }, (_, index) => ({ at: Math.floor(random() * 50), index }));
  const happened: { at: number; index: number }[] = [];
  for (const { at, index } of planned) time.at(at, () => happened.push({ at: time.now(), index }));
  await time.runUntil(100);
  expect(happened).toEqual(planned.toSorted((one, other) => one.at - other.at));
  expect(time.now()).toBe(100);
});

test('what follows from an event happens before the next one', async () => {
  const time = createVirtualTime(0);
  const log: string[] = [];
  const work = async (name: string, wait: number) => {
    await time.sleep(wait);
    await Promise.resolve();
    log.push(`${name} at ${time.now()}`);
    await time.sleep(5);
    log.push(`${name} at ${time.now()}`);
  };
  void work('first', 10);
  void work('second', 12);
  await time.runUntil(16);
  expect(log).toEqual(['first at 10', 'second at 12', 'first at 15']);
});
