import cluster from 'node:cluster';

/** The process id of the gateway: of its primary process, if it has several. */
export function gatewayPid(): number {
  return cluster.isWorker ? process.ppid : process.pid;
}

/** Sends the gateway SIGTERM, upon which it shuts down as configured, with all of its worker processes. */
export function stopGateway(): void {
  process.kill(gatewayPid(), 'SIGTERM');
}

/** Has the gateway replaced by a new version. @returns false in an app that imports Kittiwake: it restarts itself. */
export function restartGateway(): boolean {
  if (cluster.isWorker) return process.kill(process.ppid, 'SIGHUP');
  return process.listenerCount('SIGUSR2') > 0 && process.kill(process.pid, 'SIGUSR2');
}
