import { emitKeypressEvents } from 'node:readline';

/** Calls `pressed` with the name of each key until it is disposed. Ctrl-C counts as `q`. */
export function readKeys(input: NodeJS.ReadStream, pressed: (name: string) => void): Disposable {
  if (!input.isTTY) return { [Symbol.dispose]: () => undefined };
  const onKey = (_text: unknown, { name = '', ctrl }: { name?: string; ctrl?: boolean }) => {
    if (ctrl !== true) pressed(name);
    else if (name === 'c') pressed('q');
  };
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.on('keypress', onKey);
  return {
    [Symbol.dispose]() {
      input.off('keypress', onKey);
      input.setRawMode(false);
      input.pause();
    },
  };
}
