import { expect, test } from 'vitest';
import { aggregate, type Column } from '../../simulate/aggregate.ts';
import { expectationsOf } from '../../simulate/expectations.ts';
import { drawPicture } from '../../simulate/picture.ts';
import { LEAST_PER_DAY, runScenario, scenarios } from '../../simulate/scenarios.ts';
import { renderSection, SHOWN } from '../../simulate/tables.ts';

/** The shortest simulation with some of every fault. */
const SHARE = 0.05;

async function columnsOf(seed: number): Promise<readonly Column[]> {
  const results = [];
  for (const scenario of scenarios(seed, SHARE)) results.push(await runScenario(scenario));
  return aggregate(results, LEAST_PER_DAY);
}

const columns = await columnsOf(2);
const expectations = expectationsOf(columns);

test.for(expectations)('$text', ({ figure, holds }) => {
  expect({ figure, holds }).toMatchObject({ holds: true });
});

test('the same seed shows the same years, and another one shows others', async () => {
  const [first, again, other] = [2, 2, 3].map((seed) => scenarios(seed, SHARE)[0]);
  if (first === undefined || again === undefined || other === undefined) throw new Error('no scenario');
  const result = await runScenario(first);
  expect(await runScenario(again)).toEqual(result);
  expect(await runScenario(other)).not.toEqual(result);
});

test('the section and the picture show every kind of faults', () => {
  const section = renderSection(columns, expectations);
  const picture = drawPicture(columns);
  for (const name of SHOWN) {
    expect(section).toContain(name);
    expect(picture).toContain(name);
  }
});
