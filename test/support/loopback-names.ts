/** Loaded before the function's code. All host names then resolve to this machine. */
import dns from 'node:dns';

Object.assign(dns, {
  lookup: (
    _host: string,
    { all }: { all?: boolean },
    answer: (error: null, address: unknown, family?: number) => void,
  ) => (all ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4)),
});
