/** Loaded before the function's code. Its time limits are then too long to be reached on a busy machine. */
const { setTimeout: start } = globalThis;

globalThis.setTimeout = ((act: () => void, milliseconds = 0) =>
  start(act, milliseconds < 1_000 ? milliseconds : milliseconds * 20)) as typeof setTimeout;
