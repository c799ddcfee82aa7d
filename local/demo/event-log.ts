/** More than fit on a screen. */
const KEPT_EVENTS = 200;

export interface DemoEvent {
  /** Local time, as `12:00:00`. */
  readonly time: string;
  readonly text: string;
}

/** The latest events of the demo, oldest first. */
export interface EventLog {
  readonly events: readonly DemoEvent[];
  add(text: string): void;
}

/** Calls `onEvent` for each new or changed event. One that repeats the one before is counted in it. */
export function createEventLog(now: () => number, onEvent: (event: DemoEvent) => void): EventLog {
  const events: DemoEvent[] = [];
  let last = '';
  let times = 0;
  return {
    events,
    add(text) {
      times = text === last ? times + 1 : 1;
      last = text;
      const repeated = times > 1 ? ` (${times} times)` : '';
      // A control character in a message would move the cursor.
      const event = {
        time: new Date(now()).toTimeString().slice(0, 8),
        text: `${text.replaceAll(/\p{Cc}+/gu, ' ')}${repeated}`,
      };
      if (times > 1) events.pop();
      events.push(event);
      if (events.length > KEPT_EVENTS) events.shift();
      onEvent(event);
    },
  };
}
