import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  type Closable,
  CLOSING,
  DRAINING,
  type Draining,
  STARTING,
  type Startable,
  STOPPING,
  type Stoppable,
} from './base/lifetime.js';
import { listOf } from './base/list-of.js';
import { stackOf } from './base/message-of.js';
import { settlesWithin } from './base/time-limit.js';
import { BrokerLoss } from './broker-loss.js';
import { CALLER } from './callbacks/caller.js';
import { Repetition } from './callbacks/repetition.js';
import { IdentityLimits } from './clients/limits/identity-limits.js';
import { RevocationCopy } from './clients/revocation/revocation-copy.js';
import { Cluster } from './cluster/cluster.js';
import { Hub } from './delivery/hub.js';
import { Leases } from './leases/leases.js';
import { Sweeper } from './leases/sweeper.js';
import { AppStreams } from './operators/app-streams.js';
import { OperatorsServer } from './operators/operators-server.js';
import { Readiness } from './operators/readiness.js';
import { Presences } from './presence/presences.js';
import { BroughtProcedures } from './procedures/brought-procedures.js';
import { KeptCallsEnd } from './procedures/kept/kept-calls-end.js';
import { LostCalls } from './procedures/kept/lost-calls.js';
import { RabbitMqTriggers } from './rooms/rabbitmq/rabbitmq-triggers.js';
import { RoomEndTeller } from './rooms/room-end-teller.js';
import { RoomPresences } from './rooms/room-presences.js';
import { RoomRelay } from './rooms/relay/room-relay.js';
import { RoomsApp } from './rooms/admission/rooms-app.js';
import { RpcHttp } from './rpc/http/rpc-http.js';
import { LocalServer } from './rpc/local/local-server.js';
import { RpcSessions } from './rpc/websocket/sessions.js';
import { Ingest } from './topics/ingest.js';
import { LifecycleEndTeller } from './topics/lifecycle/lifecycle-end-teller.js';
import { Sessions } from './topics/sessions.js';
import { SubscriptionEndTeller } from './topics/ending/subscription-end-teller.js';
import { TopicPresences } from './topics/beginning/topic-presences.js';

/** The parts of a gateway that begin and end with it. */
@Injectable()
export class LifetimeParts {
  private readonly logger = new Logger('Kittiwake');

  constructor(
    @Inject(STARTING) private readonly starting: readonly Startable[],
    @Inject(CLOSING) private readonly closing: readonly Closable[],
    @Inject(DRAINING) private readonly draining: readonly Draining[],
    @Inject(STOPPING) private readonly stopping: readonly Stoppable[],
  ) {}

  /** One after another. @throws what one of them throws. */
  async start(): Promise<void> {
    for (const part of this.starting) await part.start();
  }

  /** All at a time, begun in their order. What one of them throws is logged, and stops no other. */
  async close(): Promise<void> {
    await Promise.all(this.closing.map((part) => this.attempt(() => part.close())));
  }

  /** All at a time. @returns whether the app has been told of everything within the time. */
  drained(timeoutMs: number): Promise<boolean> {
    return settlesWithin(timeoutMs, Promise.all(this.draining.map((part) => part.drained())));
  }

  /** One after another. What one of them throws is logged, and stops no other. */
  async stop(): Promise<void> {
    for (const part of this.stopping) await this.attempt(() => part.stop());
  }

  private async attempt(end: () => Promise<void> | void): Promise<void> {
    try {
      await end();
    } catch (error) {
      this.logger.error(stackOf(error));
    }
  }
}

/** The parts of each list, in their order. */
export const LIFETIME_PROVIDERS = [
  LifetimeParts,
  listOf<Startable>(STARTING, [
    BroughtProcedures,
    BrokerLoss,
    Cluster,
    RevocationCopy,
    IdentityLimits,
    RoomRelay,
    Ingest,
    RabbitMqTriggers,
    SubscriptionEndTeller,
    LifecycleEndTeller,
    RoomEndTeller,
    LostCalls,
    TopicPresences,
    RoomPresences,
    Presences,
    Sweeper,
    OperatorsServer,
    LocalServer,
  ]),
  listOf<Closable>(CLOSING, [Readiness, BrokerLoss, Sweeper, LocalServer, RpcHttp, AppStreams, KeptCallsEnd]),
  listOf<Draining>(DRAINING, [Sessions, RoomsApp, RpcSessions]),
  listOf<Stoppable>(STOPPING, [
    Repetition,
    RabbitMqTriggers,
    Presences,
    Leases,
    RevocationCopy,
    IdentityLimits,
    Cluster,
    Hub,
    CALLER,
    LocalServer,
    OperatorsServer,
  ]),
];
