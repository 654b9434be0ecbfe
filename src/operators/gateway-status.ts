import cluster from 'node:cluster';
import { Injectable } from '@nestjs/common';
import { Connections } from '../connection/connections.js';
import { Hub } from '../delivery/hub.js';
import { Procedures } from '../procedures/procedures.js';
import { gatewayPid } from '../rpc/built-in/gateway-process.js';
import { Readiness } from './readiness.js';

/** The status of one process of the gateway. */
export type ProcessStatus = ReturnType<GatewayStatus['read']>;

/** A process that has not reported its status in time. */
export interface SilentProcess {
  readonly pid: number;
  readonly worker: number | undefined;
  readonly state: 'no answer';
}

type Statuses = readonly (ProcessStatus | SilentProcess)[];

/** Reads the status of this process, and where several share the port, of all of them. */
@Injectable()
export class GatewayStatus {
  private collect = async (): Promise<Statuses> => [this.read()];

  constructor(
    private readonly readiness: Readiness,
    private readonly connections: Connections,
    private readonly hub: Hub,
    private readonly procedures: Procedures,
  ) {}

  /** This process. `uptime` is seconds, `memory` bytes; `worker` is one of several processes; `paused` has
   * services that the app is not asked about for a while. */
  read() {
    const { paused } = this.readiness;
    return {
      pid: gatewayPid(),
      ...(cluster.isWorker && { worker: process.pid }),
      uptime: Math.round(process.uptime()),
      state: this.readiness.state,
      broker: this.readiness.brokerState,
      ...(paused.length > 0 && { paused }),
      connections: this.connections.count,
      channels: this.hub.channelCount,
      procedures: [...this.procedures.all].length,
      memory: process.memoryUsage.rss(),
    };
  }

  /** All processes of the gateway on this machine. */
  all(): Promise<Statuses> {
    return this.collect();
  }

  /** Sets the source of the statuses of all processes, since any of them may be asked. */
  collectFrom(collect: () => Promise<Statuses>): void {
    this.collect = collect;
  }
}
