import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Calls } from '../../procedures/calls/calls.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { Procedures } from '../../procedures/procedures.js';
import { configProcedure } from './config.procedure.js';
import { helpProcedure } from './help.procedure.js';
import { metricsProcedure } from './metrics.procedure.js';
import { pingProcedure } from './ping.procedure.js';
import { quitProcedure } from './quit.procedure.js';
import { RpcStatistics } from './statistics.js';
import { ProceduresConfig } from './procedures-config.js';

/** Registers the procedures of the gateway itself, after those of the app. */
@Injectable()
export class BuiltIns implements OnApplicationBootstrap {
  constructor(
    private readonly settings: Settings,
    private readonly procedures: Procedures,
    private readonly calls: Calls,
    private readonly config: ProceduresConfig,
    private readonly statistics: RpcStatistics,
  ) {}

  /** @throws when a procedure of the app has the name of one of these; only `metrics` may be replaced. */
  onApplicationBootstrap(): void {
    if (!this.settings.procedures) return;
    const { calls, procedures, config, statistics } = this;
    procedures.add(pingProcedure(calls, procedures));
    procedures.add(helpProcedure(calls, procedures, config));
    procedures.add(configProcedure(config));
    procedures.add(quitProcedure());
    if (this.settings.metrics.enabled) this.addUnlessThere(metricsProcedure(statistics, config));
  }

  private addUnlessThere(procedure: CallableProcedure): void {
    if (!this.procedures.find(procedure.signature.name)) this.procedures.add(procedure);
  }
}
