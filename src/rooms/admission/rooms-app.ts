import { Injectable, Logger } from '@nestjs/common';
import { FailedAuthentications } from '../../auth/failed-authentications.js';
import { Drain } from '../../base/drain.js';
import type { Draining } from '../../base/lifetime.js';
import { messageOf } from '../../base/message-of.js';
import { measured } from '../../callbacks/measured.js';
import { Refusal } from '../../callbacks/refusal.js';
import { Repetition, type RepetitionOutcome } from '../../callbacks/repetition.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { Metrics } from '../../metrics/metrics.js';
import { CallbackError } from '../../protocol/errors.js';
import { RoomsApiHolder } from '../app/rooms-api-holder.js';
import type { RoomsHook } from '../app/rooms-api.js';
import type { RoomEnd } from './room-leases.js';
import type { RoomSession } from '../room-session.js';
import { KnownPermissions } from '../room/known-permissions.js';
import { Permissions } from '../room/permissions.js';

const SERVICE = 'rooms';
/** The most pings of one client that wait for the app: the news of its end waits behind them all. */
const MAX_UNTOLD_PINGS = 10;

/** Asks the app what clients of rooms may join, and tells it of them, in the order of events. */
@Injectable()
export class RoomsApp implements Draining {
  private readonly warnings = new DigestedLog(new Logger('Rooms'));
  private readonly drain = new Drain();

  constructor(
    private readonly holder: RoomsApiHolder,
    private readonly metrics: Metrics,
    private readonly repetition: Repetition,
    private readonly failures: FailedAuthentications,
  ) {}

  /**
   * Asks about a client that has just connected, unless too many from its address have been refused.
   * @throws {ClientError} when too many were; else as {@link permissionsOf}.
   */
  async firstPermissionsOf(session: RoomSession): Promise<Permissions> {
    const { countedAddress } = session.connection;
    this.failures.check(countedAddress);
    try {
      return await this.permissionsOf(session);
    } catch (error) {
      if (isRefusal(error)) this.failures.add(countedAddress);
      throw error;
    }
  }

  /**
   * Asks which rooms a client may join; aborted when it disconnects.
   * @throws {Refusal} when it is refused.
   * @throws {CallbackError} when the app could not be asked, or stumbled.
   */
  async permissionsOf(session: RoomSession): Promise<Permissions> {
    const { api } = this.holder;
    if (!api)
      throw new Error('nobody says which rooms are allowed (rooms.api, or a provider with @AllowedRooms)');
    const signal = session.connection.ended;
    const question = { service: SERVICE, callback: 'allowedRooms', signal, isRefusal };
    return measured(this.metrics, question, async () => {
      const { rooms, known } = await api.allowedRooms(session, signal);
      return known ? new KnownPermissions(rooms, known) : new Permissions(rooms);
    });
  }

  /** Tells the app. Only the next event of the same client and the shutdown wait for it. */
  tell(hook: 'onConnect' | 'onPing', session: RoomSession): Promise<unknown> {
    return this.inTurn(session, () => this.tellNow(hook, session));
  }

  /** As {@link tell}, of the end of a client, again and again while the app cannot be asked. */
  tellEnd(session: RoomSession, end: RoomEnd): Promise<RepetitionOutcome> {
    const untilMs = this.repetition.untilMs();
    return this.inTurn(session, () => this.tellNow('onDisconnect', session, { ...end, untilMs }));
  }

  /**
   * Tells the app of a ping. An app that is too slow for them gets fewer: each says the same.
   * It is not told of pings of a client that left before it was let in: it does not know such a client.
   */
  pinged(session: RoomSession): void {
    if (!session.permissions || session.untoldPings >= MAX_UNTOLD_PINGS) return;
    session.untoldPings++;
    void this.tell('onPing', session).then(() => session.untoldPings--);
  }

  /** Resolves when the app has been told of everything. */
  drained(): Promise<void> {
    return this.drain.drained();
  }

  private inTurn(session: RoomSession, tell: () => Promise<RepetitionOutcome>): Promise<RepetitionOutcome> {
    const told = session.told.then(tell);
    session.told = told;
    this.drain.begin();
    void told.finally(() => this.drain.end());
    return told;
  }

  private async tellNow(
    hook: RoomsHook,
    session: RoomSession,
    ending?: RoomEnd & { readonly untilMs: number },
  ): Promise<RepetitionOutcome> {
    const { api } = this.holder;
    if (!api?.tells(hook)) return 'told';
    const question = { service: SERVICE, callback: hook, isRefusal };
    const tell = (): Promise<void> =>
      measured(this.metrics, question, () => api.tell(hook, session, { end: ending?.end }));
    try {
      await tell();
    } catch (error) {
      if (isRefusal(error)) return 'told'; // it has heard it
      this.warnings.warn(hook, `${hook} failed: ${messageOf(error)}`, session.connection);
      if (!ending || !(error instanceof CallbackError)) return 'told';
      ending.postponed();
      return this.repetition.again({ ...question, ...ending, weight: 1 }, tell);
    }
    return 'told';
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Refusal;
}
