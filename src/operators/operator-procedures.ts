import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { Settings } from '../config/settings.js';
import { Hub } from '../delivery/hub.js';
import type { CallableProcedure } from '../procedures/procedure.js';
import { Procedures } from '../procedures/procedures.js';
import { RoomPublisher } from '../rooms/room-publisher.js';
import { Services } from '../topics/service/services.js';
import { TopicPublisher } from '../topics/topic-publisher.js';
import { GatewayStatus } from './gateway-status.js';
import { listenProcedure } from './listen.procedure.js';
import { publishProcedure, triggerProcedure } from './push.procedures.js';
import { restartProcedure } from './restart.procedure.js';
import { statusProcedure } from './status.procedure.js';

/** Adds what the command line does with a running gateway, unless the app has procedures of these names. */
@Injectable()
export class OperatorProcedures implements OnApplicationBootstrap {
  constructor(
    private readonly settings: Settings,
    private readonly modules: ModuleRef,
    private readonly procedures: Procedures,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.settings.procedures) return;
    for (const procedure of this.all())
      if (!this.procedures.find(procedure.signature.name)) this.procedures.add(procedure);
  }

  private all(): CallableProcedure[] {
    const { modules } = this;
    const hub = modules.get(Hub);
    return [
      publishProcedure(modules.get(TopicPublisher)),
      ...(this.settings.rooms ? [triggerProcedure(modules.get(RoomPublisher))] : []),
      listenProcedure(hub, modules.get(Services)),
      statusProcedure(modules.get(GatewayStatus)),
      restartProcedure(),
    ];
  }
}
