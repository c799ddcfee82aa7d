const KEPT_EVENTS = 10;

/** The latest events of the demo, oldest first. */
export interface EventLog {
  readonly lines: readonly string[];
  add(text: string): void;
}

/** Calls `onLine` for each new or changed line. An event that repeats the one before is counted in its line. */
export function createEventLog(onLine: (line: string) => void): EventLog {
  const lines: string[] = [];
  let last = '';
  let times = 0;
  return {
    lines,
    add(text) {
      times = text === last ? times + 1 : 1;
      last = text;
      const repeated = times > 1 ? ` (${times} times)` : '';
      const line = `${new Date().toTimeString().slice(0, 8)}  ${text}${repeated}`;
      if (times > 1) lines.pop();
      lines.push(line);
      if (lines.length > KEPT_EVENTS) lines.shift();
      onLine(line);
    },
  };
}
