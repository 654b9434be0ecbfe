import cluster from 'node:cluster';

/** The process that the gateway ends with: the one that keeps its worker processes, if it has several. */
export function gatewayPid(): number {
  return cluster.isWorker ? process.ppid : process.pid;
}

/** Ends the gateway as its shutdown is configured; all of its worker processes, if it has several. */
export function stopGateway(): void {
  process.kill(gatewayPid(), 'SIGTERM');
}

/** Replaces the gateway by a new version. @returns whether it can: an app that imports Kittiwake restarts itself. */
export function restartGateway(): boolean {
  if (cluster.isWorker) return process.kill(process.ppid, 'SIGHUP');
  return process.listenerCount('SIGUSR2') > 0 && process.kill(process.pid, 'SIGUSR2');
}
