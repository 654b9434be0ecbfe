import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../../base/message-of.js';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { Refusal } from '../../callbacks/refusal.js';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { Connections } from '../../connection/connections.js';
import type { Swept, Wheel } from '../../connection/wheel.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { RoomSession } from '../room-session.js';
import { RoomSubscriptions } from '../room-subscriptions.js';
import { Permissions } from '../room/permissions.js';
import { RoomsApp } from './rooms-app.js';

/** The parts that all renewals share. */
interface RenewalHost {
  readonly wheel: Wheel;
  readonly periodMs: number;
  /** Asks the app once; never rejects. */
  renew(session: RoomSession): Promise<void>;
}

/** Asks the app again, as long as a client is connected, which rooms it may join. */
@Injectable()
export class RoomRenewals {
  private readonly warnings = new DigestedLog(new Logger('Rooms'));
  private readonly host: RenewalHost | undefined;

  constructor(
    private readonly app: RoomsApp,
    private readonly subscriptions: RoomSubscriptions,
    { renewalPeriodMs: periodMs }: RoomsSettings,
    { wheel }: Connections,
  ) {
    if (periodMs !== undefined) this.host = { wheel, periodMs, renew: (session) => this.renew(session) };
  }

  /** Begins the periodic renewals of a client, if any are configured; they end with its connection. */
  begin(session: RoomSession): void {
    if (this.host) RoomRenewal.begin(session, this.host);
  }

  /**
   * Asks the app again: subscriptions that are no longer covered end. When it cannot be asked, everything stays as it
   * was. Never rejects.
   */
  async renew(session: RoomSession): Promise<void> {
    let permissions: Permissions;
    try {
      permissions = await this.app.permissionsOf(session);
    } catch (error) {
      if (!session.connection.isOpen) return;
      if (!(error instanceof Refusal)) {
        const text = `the allowed rooms could not be renewed: ${messageOf(error)}`;
        this.warnings.warn('renewal', text, session.connection);
        return;
      }
      permissions = new Permissions('[]' as JsonText);
    }
    if (!session.connection.isOpen) return;
    session.permissions = permissions;
    this.subscriptions.endUncovered(session);
  }
}

/** The renewals of one client. */
class RoomRenewal implements Swept {
  /** See {@link Swept.slot}. */
  slot = 0;
  private dueAtMs = Infinity;

  private constructor(
    private readonly session: RoomSession,
    private readonly host: RenewalHost,
  ) {}

  static begin(session: RoomSession, host: RenewalHost): void {
    new RoomRenewal(session, host).schedule();
  }

  get isOpen(): boolean {
    return this.session.connection.isOpen;
  }

  /** See {@link Swept.sweep}. */
  sweep(nowMs: number): number {
    if (nowMs >= this.dueAtMs) {
      this.dueAtMs = Infinity;
      void this.renew();
    }
    return this.dueAtMs - nowMs;
  }

  private async renew(): Promise<void> {
    await this.host.renew(this.session);
    if (this.isOpen) this.schedule();
  }

  private schedule(): void {
    const { wheel, periodMs } = this.host;
    this.dueAtMs = monotonicMs() + periodMs;
    wheel.add(this, periodMs);
  }
}
