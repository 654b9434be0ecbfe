/**
 * Loaded into a server before anything of its own, where its memory is measured: on SIGUSR2 it collects garbage, and
 * says on file descriptor 3 how many bytes of the heap are in use then. That way a server needs no endpoint for it.
 */
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

const SAYS = 3;

process.on('SIGUSR2', async () => {
  globalThis.gc();
  await turn(); // what waits for finalizers is free only after a turn
  globalThis.gc();
  writeSync(SAYS, String(process.memoryUsage().heapUsed));
});
