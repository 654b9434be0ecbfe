/**
 * Loaded into a gateway before anything of its own: asked on file descriptor 3, it says how long the event loop was held
 * up at most since it was asked last, and how many bytes of the heap and outside it are in use after a collection.
 */
import { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

const RESOLUTION_MS = 1;
const channel = new Socket({ fd: 3 });
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();

channel.on('data', async () => {
  const longestBlockMs = delay.max / 1e6;
  globalThis.gc();
  await turn(); // what waits for finalizers is free only after a turn
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  await turn();
  delay.reset(); // the collections above are not the stranger's doing
  channel.write(JSON.stringify({ longestBlockMs, usedBytes: heapUsed + external }));
});
channel.unref();
