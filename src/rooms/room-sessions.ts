import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../callbacks/refusal.js';
import { Settings } from '../config/settings.js';
import type { Connection } from '../connection/connection.js';
import { Connections } from '../connection/connections.js';
import { KeptBytes } from '../connection/kept-bytes.js';
import { DigestedLog } from '../metrics/digested-log.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import { ClientError, type Verdict } from '../protocol/errors.js';
import type { Hello } from '../protocol/hello.js';
import { detached, type JsonText } from '../protocol/json/json.js';
import { BY_GATEWAY } from '../protocol/verdict.js';
import { canonicalJson } from '../protocol/json/canonical-json.js';
import { Permissions } from './permissions.js';
import { ROOM_ERRORS } from './room-errors.js';
import { RoomHub } from './room-hub.js';
import { type RenewalHost, RoomRenewal } from './room-renewal.js';
import { RoomReply } from './room-reply.js';
import { roomsHello } from './rooms-hello.js';
import { RoomSession } from './room-session.js';
import type { RoomSubscription } from './room-subscription.js';
import { Room } from './room.js';
import { RoomsApp } from './rooms-app.js';
import { messageOf } from '../base/message-of.js';

const BY_APP: Verdict = { by: 'the app (rooms.api)', why: 'it does not let the client in' };
/** How long a refused client is left to read why. */
const REFUSAL_MS = 100;
/** More pings of one client do not wait for the app: the end of the client would wait for them all. */
const MAX_UNTOLD_PINGS = 10;
/** Characters of a room that a client may ask for. */
const MAX_ROOM_LENGTH = 16_384;
/** The app is not asked about all clients at once. */
const RENEWALS_AT_A_TIME = 32;

/** The clients of rooms: how they are let in, what they join, and how that ends. */
@Injectable()
export class RoomSessions {
  private readonly warnings = new DigestedLog(new Logger('RoomSessions'));
  private readonly byConnection = new Map<Connection, RoomSession>();
  private readonly renewals: RenewalHost | undefined;
  private readonly hello: Hello;
  private authorized = 0;

  constructor(
    private readonly hub: RoomHub,
    private readonly app: RoomsApp,
    private readonly settings: Settings,
    { wheel }: Connections,
  ) {
    this.hello = roomsHello(settings);
    const periodMs = settings.rooms?.renewalPeriodMs;
    if (periodMs !== undefined) this.renewals = { wheel, periodMs, renew: (session) => this.renew(session) };
  }

  /** How many clients have been let in. */
  get authorizedCount(): number {
    return this.authorized;
  }

  of(connection: Connection): RoomSession {
    return this.byConnection.get(connection)!;
  }

  /** Begins a session; whatever the client sends waits until the app has said what it may join. */
  begin(connection: Connection, headers: Readonly<Record<string, string>>): void {
    const session = new RoomSession(connection, headers);
    this.byConnection.set(connection, session);
    connection.runNext(() => this.admit(session));
  }

  end(connection: Connection): void {
    const session = this.byConnection.get(connection);
    if (!session) return;
    this.byConnection.delete(connection);
    for (const rooms of session.subscriptions.values()) for (const one of rooms.values()) this.leave(one);
    session.subscriptions.clear();
    if (!session.permissions) return;
    this.authorized--;
    void this.app.tell('onDisconnect', session);
  }

  /**
   * @param reportsDrops whether the client wants to be told what it has missed because it did not keep up.
   * @throws {ClientError} when the room is not one that the client may join.
   */
  subscribe(
    session: RoomSession,
    roomText: JsonText | undefined,
    requestId: JsonText,
    reportsDrops = false,
  ): void {
    if (roomText && roomText.length > MAX_ROOM_LENGTH) throw ROOM_ERRORS.roomTooLong();
    const room = roomText === undefined ? undefined : Room.parse(detached(roomText));
    if (!room || !session.permissions?.covers(room)) throw ROOM_ERRORS.roomNotFound();
    const keptId = detached(requestId);
    const requestKey = canonicalJson(keptId);
    if (session.find(requestKey, room.id)) return;
    this.claim(session, room, keptId);
    const subscription = this.hub.join(session.connection, session.id, room, keptId);
    subscription.reportsDrops = reportsDrops;
    session.add(requestKey, subscription);
  }

  /** @throws {ClientError} when there is no subscription of this request id. */
  unsubscribe(session: RoomSession, requestId: JsonText): void {
    const subscriptions = session.removeAll(canonicalJson(requestId));
    if (subscriptions.length === 0) throw ROOM_ERRORS.notSubscribed();
    for (const subscription of subscriptions) this.leave(subscription);
  }

  /**
   * Tells the app of a ping. An app that is too slow for them gets fewer: each says the same.
   * What a client sends that leaves before it is let in is handled all the same, but the app does not know it.
   */
  pinged(session: RoomSession): void {
    if (!session.permissions || session.untoldPings >= MAX_UNTOLD_PINGS) return;
    session.untoldPings++;
    void this.app.tell('onPing', session).then(() => session.untoldPings--);
  }

  /** Asks the app again, for one connection or for all: subscriptions that are not covered any more end. */
  async renewAll(connectionId?: string): Promise<void> {
    const sessions = [...this.byConnection.values()].filter(
      (session) => session.permissions && (connectionId === undefined || session.id === connectionId),
    );
    while (sessions.length > 0) {
      await Promise.all(sessions.splice(0, RENEWALS_AT_A_TIME).map((session) => this.renew(session)));
    }
  }

  /** Asks the app again which rooms a client may join. When it cannot be asked, everything stays as it was. */
  async renew(session: RoomSession): Promise<void> {
    let permissions: Permissions;
    try {
      permissions = await this.app.permissionsOf(session);
    } catch (error) {
      if (!session.connection.isOpen) return;
      if (!isRefusal(error)) {
        const text = `the allowed rooms could not be renewed: ${messageOf(error)}`;
        this.warnings.warn('renewal', text, session.connection);
        return;
      }
      permissions = new Permissions('[]' as JsonText);
    }
    if (!session.connection.isOpen) return;
    session.permissions = permissions;
    this.endUncovered(session);
  }

  /** Takes room for one more subscription. @throws {ClientError} when there is none. */
  private claim({ connection, subscriptionCount }: RoomSession, room: Room, requestId: JsonText): void {
    const { subscriptionsPerSession, keptBytes } = this.settings.limits;
    if (subscriptionsPerSession > 0 && subscriptionCount >= subscriptionsPerSession)
      throw ROOM_ERRORS.tooManySubscriptions();
    const isKept = KeptBytes.of(connection, keptBytes).claim(keptBytesOf(room, requestId));
    if (!isKept) throw ROOM_ERRORS.tooMuchKept();
  }

  private leave(subscription: RoomSubscription): void {
    const { connection, room, requestId } = subscription;
    this.hub.leave(subscription);
    connection.kept?.release(keptBytesOf(room, requestId));
  }

  private async admit(session: RoomSession): Promise<void> {
    const { connection } = session;
    try {
      const permissions = await this.app.firstPermissionsOf(session);
      if (connection.isOpen) this.letIn(session, permissions);
    } catch (error) {
      if (connection.isOpen) await this.refuse(session, error);
    }
  }

  private letIn(session: RoomSession, permissions: Permissions): void {
    session.permissions = permissions;
    session.connection.admit();
    this.authorized++;
    new RoomReply(session).authorized(permissions.text, this.hello.members);
    if (this.renewals) RoomRenewal.begin(session, this.renewals);
    void this.app.tell('onConnect', session);
  }

  private async refuse(session: RoomSession, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    if (reason === CLOSE_REASONS.appUnavailable)
      this.warnings.warn('admission', `a client was refused: ${messageOf(error)}`, session.connection);
    const verdict = isRefusal(error)
      ? BY_APP
      : (verdictIn(error) ?? { by: BY_GATEWAY, why: messageOf(error) });
    new RoomReply(session).refused(reason, verdict);
    await delay(REFUSAL_MS);
    session.connection.close(reason);
  }

  private endUncovered(session: RoomSession): void {
    for (const [requestKey, rooms] of session.subscriptions) {
      for (const subscription of rooms.values()) {
        if (session.permissions!.covers(subscription.room)) continue;
        session.remove(requestKey, subscription);
        this.leave(subscription);
        new RoomReply(session, subscription.requestId).ended(subscription.room.text);
      }
    }
  }
}

/** What a client has given for a subscription. */
function keptBytesOf({ text }: Room, requestId: JsonText): number {
  return Buffer.byteLength(text) + Buffer.byteLength(requestId);
}

function reasonOf(error: unknown): CloseReason {
  if (isRefusal(error)) return CLOSE_REASONS.forbidden;
  return error instanceof ClientError ? CLOSE_REASONS.tooManyFailures : CLOSE_REASONS.appUnavailable;
}

function verdictIn(error: unknown): Verdict | undefined {
  return error instanceof ClientError ? error.verdict : undefined;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Refusal;
}
