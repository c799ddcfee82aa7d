import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Step } from './explore-orders.ts';

type Outcome<Value> = { readonly value: Value } | { readonly error: unknown };

/** A program, such as a run of the refresher, whose calls are answered one at a time. */
export interface Actor {
  readonly name: string;
  /** `dead`: its calls are never answered again. */
  condition: 'running' | 'ended' | 'dead';
  /** What the program returned or threw. */
  end?: Outcome<unknown>;
  /** The actor whose end it waits for. */
  waitsFor?: Actor | undefined;
}

/**
 * What goes wrong with a call. `lost`: it has no effect and fails. `answer-lost`: it has its effect and fails. `repeated`: it has its
 * effect twice, because the client lost the first answer and sent it again. `dies`: it has its effect, and the actor dies.
 */
export type FaultKind = 'lost' | 'answer-lost' | 'repeated' | 'dies';

export interface Fault {
  readonly actor: string;
  readonly kind: FaultKind;
  /** The start of the call's name. */
  readonly call: string;
  /** Which of the actor's calls with this name. The first is 1. */
  readonly nth: number;
}

export interface StageOptions {
  /** Unix time in milliseconds. */
  readonly startsAt: number;
  readonly fault: Fault | undefined;
  /** How often a sleep may end before the calls under way are answered. Otherwise, time passes only if all actors sleep. */
  readonly earlyWakes: number;
}

/** A call of an actor that is under way, or a sleep. */
interface Waiting {
  readonly actor: Actor;
  readonly take: () => void;
}

/** What the client of a lost call gets: `name` from the SDK, `code` from `fetch`. */
const LOST: Outcome<never> = {
  error: Object.assign(new Error('the connection was reset'), { name: 'TimeoutError', code: 'ECONNRESET' }),
};

/** A longer sleep ends early only if all actors sleep. It is a time limit, which is far longer than calls take. */
const LONGEST_EARLY_WAKE_MS = 2_500;

/** Turns of the event loop that code may need between two calls, for example for dynamic imports. */
const QUIET_TURNS = 2;
/** Turns after which an actor that neither calls nor sleeps is stuck. */
const MOST_TURNS = 1_000;

/** The answer of the SDK to a call that it sent twice. */
function asSecondAttempt<Value>(answer: Outcome<Value>): Outcome<Value> {
  return 'error' in answer ? answer : { value: { ...answer.value, $metadata: { attempts: 2 } } };
}

/** Holds the calls of its actors until they are taken as steps, one at a time, on a clock of its own. */
export class Stage {
  readonly actors: Actor[] = [];
  hadFault = false;
  #now: number;
  #earlyWakes: number;
  readonly #fault: Fault | undefined;
  #calls: readonly (Waiting & { readonly name: string })[] = [];
  #sleepers: readonly (Waiting & { readonly at: number; readonly isLast: boolean })[] = [];
  /** A digest of what an actor has seen. What it does next depends on nothing else. */
  readonly #seen = new Map<Actor, string>();
  /** How many calls so far the fault could have been about. */
  #faultyCalls = 0;

  constructor({ startsAt, fault, earlyWakes }: StageOptions) {
    this.#now = startsAt;
    this.#fault = fault;
    this.#earlyWakes = earlyWakes;
  }

  /** Unix time in milliseconds. */
  readonly now = (): number => this.#now;

  /** Starts a program. The result settles like it. */
  start<Value>(name: string, program: (actor: Actor) => Promise<Value>): Promise<Value> {
    const actor: Actor = { name, condition: 'running' };
    this.actors.push(actor);
    const end = (how: Outcome<unknown>) => {
      actor.condition = 'ended';
      actor.end = how;
    };
    const running = program(actor);
    running.then(
      (value) => end({ value }),
      (error: unknown) => end({ error }),
    );
    return running;
  }

  /** Starts a program at an instant, or later: when no call is under way. */
  startAt(instant: number, name: string, program: (actor: Actor) => Promise<unknown>): void {
    const start = async (actor: Actor) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#sleepers = [...this.#sleepers, { actor, at: instant, isLast: true, take: resolve }];
      await promise;
      return program(actor);
    };
    this.start(name, start).catch(() => undefined);
  }

  /** Waits for a step. Then runs `effect`, lets `milliseconds` pass, and settles like `effect`. */
  call<Value>(actor: Actor, name: string, effect: () => Value, milliseconds = 0): Promise<Value> {
    return new Promise((resolve, reject) => {
      const finish = (kind: FaultKind | undefined, isAgain = false) => {
        const found = kind === 'lost' ? LOST : attempt(effect);
        const answer = isAgain ? asSecondAttempt(found) : found;
        this.#now += milliseconds;
        if (kind === 'dies') return this.#kill(actor);
        if (kind === 'repeated') return this.#waitFor(actor, `${name} again`, () => finish(undefined, true));
        const received = kind === 'answer-lost' ? LOST : answer;
        this.#note(actor, name, received);
        if ('error' in received) reject(received.error);
        else resolve(received.value);
      };
      this.#waitFor(actor, name, () => finish(this.#faultOf(actor, name)));
    });
  }

  sleep(actor: Actor, milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = () => {
        this.#note(actor, 'sleep');
        resolve();
      };
      const sleeper = { actor, at: this.#now + milliseconds, isLast: false, take };
      if (actor.condition !== 'dead') this.#sleepers = [...this.#sleepers, sleeper];
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Waits until no actor can go on without a step. */
  async settle(): Promise<void> {
    for (let turn = 0, quiet = 0; quiet < QUIET_TURNS; turn += 1) {
      if (turn === MOST_TURNS) throw new Error('an actor neither calls nor sleeps');
      await setImmediate();
      const isQuiet = !this.#wakeDue() && this.actors.every((actor) => this.#isWaiting(actor));
      quiet = isQuiet ? quiet + 1 : 0;
    }
  }

  steps(): readonly Step[] {
    const calls = this.#calls.map((call) => ({ name: `${call.actor.name}: ${call.name}`, take: call.take }));
    const next = this.#nextWakeUp();
    const canPass = calls.length === 0 || (this.#earlyWakes > 0 && next <= this.#now + LONGEST_EARLY_WAKE_MS);
    if (!Number.isFinite(next) || !canPass) return calls;
    return [...calls, { name: 'time passes', take: () => this.#passTime() }];
  }

  /** What decides how the actors go on, apart from what their calls have changed. */
  state(): readonly unknown[] {
    const actors = this.actors.map((actor) => [actor.name, actor.condition, this.#seen.get(actor)]);
    return [this.#now, this.#earlyWakes, this.hadFault, actors, this.#calls.map(({ name }) => name)];
  }

  #waitFor(actor: Actor, name: string, proceed: () => void): void {
    if (actor.condition === 'dead') return;
    const call = {
      actor,
      name,
      take: () => {
        this.#calls = this.#calls.filter((other) => other !== call);
        proceed();
      },
    };
    this.#calls = [...this.#calls, call];
  }

  #faultOf(actor: Actor, name: string): FaultKind | undefined {
    const fault = this.#fault;
    if (fault === undefined || actor.name !== fault.actor || !name.startsWith(fault.call)) return undefined;
    this.#faultyCalls += 1;
    if (this.#faultyCalls !== fault.nth) return undefined;
    this.hadFault = true;
    return fault.kind;
  }

  #kill(dead: Actor): void {
    dead.condition = 'dead';
    this.#calls = this.#calls.filter(({ actor }) => actor !== dead);
    this.#sleepers = this.#sleepers.filter(({ actor }) => actor !== dead);
  }

  #note(actor: Actor, ...what: readonly unknown[]): void {
    const digest = createHash('sha1').update(JSON.stringify([this.#seen.get(actor), this.#now, ...what]));
    this.#seen.set(actor, digest.digest('base64'));
  }

  #isWaiting(actor: Actor): boolean {
    if (actor.condition !== 'running') return true;
    if (actor.waitsFor !== undefined && actor.waitsFor.condition === 'running') return true;
    return [...this.#calls, ...this.#sleepers].some((waiting) => waiting.actor === actor);
  }

  #wakeDue(): boolean {
    const isDue = ({ at, isLast }: { at: number; isLast: boolean }) =>
      at <= this.#now && (!isLast || this.#calls.length === 0);
    const due = this.#sleepers.filter(isDue);
    this.#sleepers = this.#sleepers.filter((sleeper) => !isDue(sleeper));
    for (const { take } of due) take();
    return due.length > 0;
  }

  #passTime(): void {
    if (this.#calls.length > 0) this.#earlyWakes -= 1;
    this.#now = Math.max(this.#now, this.#nextWakeUp());
  }

  #nextWakeUp(): number {
    const awaited = this.#sleepers.filter(({ isLast }) => !isLast || this.#calls.length === 0);
    return Math.min(...awaited.map(({ at }) => at));
  }
}

function attempt<Value>(effect: () => Value): Outcome<Value> {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}
