import type { Swept, Wheel } from '../connection/wheel.js';
import type { RoomSession } from './room-session.js';
import { monotonicMs } from '../base/monotonic-ms.js';

/** What all renewals share. */
export interface RenewalHost {
  readonly wheel: Wheel;
  readonly periodMs: number;
  /** Asks the app once; never rejects. */
  renew(session: RoomSession): Promise<void>;
}

/** Has the app asked again and again which rooms a client may join, as long as the client is there. */
export class RoomRenewal implements Swept {
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
