import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { STREAM_REQUESTER, type StreamRequester } from '../../callbacks/stream-requester.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { RemoteProcedureSettings } from '../../config/sections/procedures/remote-procedure.settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { procedureLimits } from '../procedure-limits.js';
import { Procedures } from '../procedures.js';
import { resumptionOf } from '../resumption.js';
import { RemoteEndpoint } from './endpoint.js';
import { HttpProcedure } from './http.procedure.js';
import { remoteSignature } from './signature.js';

/** Adds the procedures that the configuration maps to endpoints of the app. */
@Injectable()
export class RemoteProcedures implements OnModuleInit {
  constructor(
    private readonly settings: ProceduresSettings,
    private readonly procedures: Procedures,
    @Inject(STREAM_REQUESTER) private readonly requester: StreamRequester,
    private readonly metrics: Metrics,
  ) {}

  /** @throws when there is a procedure of the same name. */
  onModuleInit(): void {
    for (const [name, remote] of this.settings.remote) this.procedures.add(this.procedure(name, remote));
  }

  private procedure(name: string, remote: RemoteProcedureSettings): HttpProcedure {
    const { url, headers, deadlineMs } = remote;
    const endpoint = new RemoteEndpoint(
      { url, headers, deadlineMs, service: `procedures.${name}` },
      this.settings.resultBytes,
      this.requester,
    );
    const limits = procedureLimits(this.settings, remote);
    const resumption = remote.resumable && resumptionOf(remote.resumable);
    return new HttpProcedure(remoteSignature(name, remote), { limits, resumption }, endpoint, this.metrics);
  }
}
