import { usageOf } from '../process-usage.mjs';

/**
 * Runs something and returns its result with what it has cost: the time, and the CPU time of the server and of this
 * process, all in seconds. Without /proc there are no figures of the server.
 */
export async function measured(serverPid, run) {
  const before = usage(serverPid);
  const result = await run();
  const after = usage(serverPid);
  return {
    ...result,
    seconds: after.wall - before.wall,
    loadCpuSeconds: after.load - before.load,
    serverCpuSeconds: after.server && after.server.cpuSeconds - before.server.cpuSeconds,
    serverWaitedSeconds: after.server && after.server.waitedSeconds - before.server.waitedSeconds,
  };
}

function usage(serverPid) {
  const own = process.cpuUsage();
  return {
    server: usageOf(serverPid),
    load: (own.user + own.system) / 1e6,
    wall: performance.now() / 1000,
  };
}
