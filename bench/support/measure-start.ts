/**
 * Runs in a process of its own: loads a bundle as Lambda's runtime does, runs its handler once, and writes to descriptor 3 what
 * both took. It imports nothing, because built-in modules that it loads would not count.
 */
const [, , bundle = '', awaited] = process.argv;
const since = (start: number, cpu: NodeJS.CpuUsage) => {
  const { user, system } = process.cpuUsage(cpu);
  return { elapsed: performance.now() - start, cpu: (user + system) / 1_000 };
};

const cpu = process.cpuUsage();
const start = performance.now();
const { handler } = bundle.endsWith('.mjs')
  ? await import(bundle)
  : process.getBuiltinModule('node:module').createRequire(bundle)(bundle);
const loaded = since(start, cpu);
// A client context shows the refresher that somebody waits for the answer.
const clientContext = awaited === undefined ? undefined : {};
const result = await handler({}, { clientContext, getRemainingTimeInMillis: () => 60_000 });
const answered = since(start, cpu);

const memory = process.resourceUsage().maxRSS * 1_024;
const measured = { start: loaded.elapsed, total: answered.elapsed, cpu: answered.cpu, memory };
process.getBuiltinModule('node:fs').writeSync(3, JSON.stringify({ result, measured }));
process.exit();

export {};
