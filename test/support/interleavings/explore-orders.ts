/** Something that may happen next. */
export interface Step {
  readonly name: string;
  take(): void;
}

/** A system that stands still until one of its steps is taken. The same steps always lead to the same state. */
export interface SteppedWorld {
  /** Waits until nothing happens without a step. */
  settle(): Promise<void>;
  /** What may happen next. Empty at the end. */
  steps(): readonly Step[];
  /** Equal for two states if the same steps lead to the same ends from both. */
  state(): string;
  /** What is wrong at the end. */
  problems(): readonly string[];
}

export interface Problem {
  /** In how many orders it occurs. */
  readonly orders: number;
  /** The steps of one of these orders. */
  readonly steps: readonly string[];
}

export interface Exploration {
  /** The orders that the steps can come in. */
  readonly orders: number;
  /** The states that these orders pass. */
  readonly states: number;
  readonly problems: ReadonlyMap<string, Problem>;
}

/** What follows from a state. */
type Ends = Omit<Exploration, 'states'>;

/**
 * Takes the steps of a world in every order. Orders that meet in the same state share what follows: it is run once, and counted
 * for each of them.
 */
export async function exploreOrders(create: () => Promise<SteppedWorld>): Promise<Exploration> {
  const known = new Map<string, Ends>();

  const replay = async (path: readonly number[]): Promise<SteppedWorld> => {
    const world = await create();
    await world.settle();
    for (const choice of path) await takeStep(world, choice);
    return world;
  };
  const visit = async (
    world: SteppedWorld,
    path: readonly number[],
    names: readonly string[],
  ): Promise<Ends> => {
    const state = world.state();
    const before = known.get(state);
    if (before !== undefined) return before;
    const steps = world.steps();
    const branches: Ends[] = [];
    for (const [choice, { name }] of steps.entries()) {
      const further = [...path, choice];
      // The first branch uses this world up.
      if (choice === 0) await takeStep(world, choice);
      branches.push(await visit(choice === 0 ? world : await replay(further), further, [...names, name]));
    }
    const ends = steps.length === 0 ? endOf(world, names) : combine(branches);
    known.set(state, ends);
    return ends;
  };
  const ends = await visit(await replay([]), [], []);
  return { ...ends, states: known.size };
}

async function takeStep(world: SteppedWorld, choice: number): Promise<void> {
  const step = world.steps()[choice];
  if (step === undefined) throw new Error('the same steps led to another state');
  step.take();
  await world.settle();
}

function endOf(world: SteppedWorld, steps: readonly string[]): Ends {
  return { orders: 1, problems: new Map(world.problems().map((problem) => [problem, { orders: 1, steps }])) };
}

function combine(branches: readonly Ends[]): Ends {
  const problems = new Map<string, Problem>();
  for (const branch of branches) {
    for (const [problem, { orders, steps }] of branch.problems) {
      const other = problems.get(problem);
      problems.set(problem, { orders: orders + (other?.orders ?? 0), steps: other?.steps ?? steps });
    }
  }
  return { orders: branches.reduce((sum, { orders }) => sum + orders, 0), problems };
}
