#!/usr/bin/env node
import { run } from './program.ts';

// Whoever reads a part of the output, as head does, ends the rest.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await run(process.argv.slice(2), process, process.env);
