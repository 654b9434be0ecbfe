/**
 * Loaded into a gateway before anything of its own: asked on file descriptor 3, it says how long the event loop was held
 * up at most since it was asked last, and how many bytes of the heap and outside it are in use after a collection. A
 * block is counted in CPU time of the thread: what else the machine does is not the stranger's doing.
 */
import { openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

const LOOK_MS = 2;
const NS_PER_MS = 1e6;
const channel = new Socket({ fd: 3 });
const schedule = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
const text = Buffer.alloc(64);
let lastMs = threadCpuMs();
let longestBlockMs = 0;

setInterval(() => {
  const nowMs = threadCpuMs();
  longestBlockMs = Math.max(longestBlockMs, nowMs - lastMs);
  lastMs = nowMs;
}, LOOK_MS).unref();

channel.on('data', async () => {
  const blockMs = longestBlockMs;
  globalThis.gc();
  await turn(); // what waits for finalizers is free only after a turn
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  lastMs = threadCpuMs(); // the collections above are not the stranger's doing
  longestBlockMs = 0;
  channel.write(JSON.stringify({ longestBlockMs: blockMs, usedBytes: heapUsed + external }));
});
channel.unref();

/** The time that the thread of the event loop has had a core. */
function threadCpuMs() {
  const length = readSync(schedule, text, 0, text.length, 0);
  return Number(text.toString('latin1', 0, length).split(' ', 1)[0]) / NS_PER_MS;
}
