/**
 * Loaded into a server before anything of its own, where its memory is measured: asked on file descriptor 3 it collects
 * garbage, and answers there how many bytes of the heap are in use then. That way a server needs no endpoint for it, and
 * no signal that may mean something else to it.
 */
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

const channel = new Socket({ fd: 3 });

channel.on('data', async () => {
  globalThis.gc();
  await turn(); // what waits for finalizers is free only after a turn
  globalThis.gc();
  channel.write(String(process.memoryUsage().heapUsed));
});
channel.unref();
