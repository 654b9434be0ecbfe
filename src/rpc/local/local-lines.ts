import { Injectable } from '@nestjs/common';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import { ShutdownSettings } from '../../config/sections/shutdown.settings.js';
import { RpcHttp } from '../http/rpc-http.js';
import { LineServer } from './line-server.js';

/** The line server for calls of programs of the same user, whatever brings their connections. */
@Injectable()
export class LocalLines {
  private server: LineServer | undefined;

  constructor(
    private readonly settings: ProceduresSettings,
    private readonly shutdown: ShutdownSettings,
    private readonly rpc: RpcHttp,
  ) {}

  open(): LineServer {
    const { rpc } = this;
    const { headerTimeoutMs, path: prefix = '' } = this.settings.local;
    const limits = {
      headerTimeoutMs,
      // It can be changed while the gateway runs.
      get maxRequestBytes() {
        return rpc.maxRequestBytes;
      },
    };
    return (this.server = new LineServer(limits, (request, response, origin) =>
      rpc.handle(request, response, { ...origin, prefix, isForOneRequest: true }),
    ));
  }

  /** Resolves when all requests are answered, or the time of the shutdown is up. */
  async answered(): Promise<void> {
    await this.server?.requests.answered(this.shutdown.timeoutMs);
  }

  /** Cuts every connection. */
  close(): void {
    this.server?.closeAll();
  }
}
