import { settlesWithin } from '../base/time-limit.js';
import type { Member } from '../broker/presence-book.js';
import type { PresenceView } from '../config/sections/presence.settings.js';
import type { Connection } from '../connection/connection.js';
import { ClientError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json/json.js';
import type { PresenceChannel } from './presence-channel.js';
import type { PresencePlace } from './presence-place.js';
import { Viewer } from './viewer.js';

/** The time in which it must be said who is present. */
const LOOK_LIMIT_MS = 5_000;
const NONE = 'false' as JsonText;

/** One client in one place: whom it makes present, and what it sees. */
export class Attendance {
  private viewer: Viewer | undefined;
  private member: Member | undefined;
  private view: PresenceView = 'none';
  private entered: Promise<number> | undefined;
  /** The channel that it is about to see. */
  private awaiting: PresenceChannel | undefined;
  private hasEnded = false;

  constructor(
    private readonly connection: Connection,
    private readonly place: PresencePlace & { readonly head: string },
    private readonly channelOf: (place: PresencePlace) => PresenceChannel,
  ) {}

  /** Makes somebody present; nobody, if none is given. In place of whoever it was. */
  enter(member: Member | undefined): void {
    if (this.hasEnded || isSame(member, this.member)) return;
    const { connection } = this;
    this.member = member;
    if (member) this.entered = this.channelOf(this.place).own.enter(connection.id, member);
    else if (this.entered) this.channelOf(this.place).own.leave(connection.id, 0);
  }

  /**
   * Finds out who is present, with the client itself.
   * @throws {ClientError} when nobody can say.
   */
  async look(): Promise<void> {
    const channel = this.channelOf(this.place);
    channel.expect();
    let fault: unknown;
    try {
      const looking = (this.entered ?? NOTHING).then((number) => channel.look(number));
      if (await settlesWithin(LOOK_LIMIT_MS, looking)) {
        this.awaiting = channel;
        return;
      }
    } catch (error) {
      fault = error;
    }
    channel.dismiss();
    throw new ClientError('service_unavailable', 'Service unavailable.', { cause: fault });
  }

  /**
   * From here on the client is told of changes.
   * @param isPatient see {@link Viewer}.
   * @returns what it is told at once, as JSON; false if it sees nothing.
   */
  show(view: PresenceView, isPatient: boolean): JsonText {
    const channel = this.awaiting;
    if (!channel || view === 'none' || this.hasEnded) return NONE;
    this.view = view;
    this.viewer = new Viewer(this.connection, this.place.head, isPatient);
    const told = channel.show(this.viewer, view === 'members');
    this.stopAwaiting();
    return told;
  }

  /** The client may see no more than this from here on, and is told so. */
  narrow(view: PresenceView): void {
    const { viewer, place } = this;
    if (!viewer || view === 'members' || view === this.view) return;
    const channel = this.channelOf(place);
    channel.expect();
    channel.hide(viewer);
    const told = view === 'count' ? channel.show(viewer, false).slice(1, -1) : `"presence":${NONE}`;
    if (view === 'none') this.viewer = undefined;
    this.view = view;
    channel.dismiss();
    this.connection.sendText(`${place.head},${told}}`);
  }

  /** The client has left: at its wish, or because its connection has ended, after which it may come back. */
  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.stopAwaiting();
    if (!this.viewer && !this.entered) return;
    const channel = this.channelOf(this.place);
    if (this.entered) channel.own.leave(this.connection.id, this.connection.isOpen ? 0 : this.place.graceMs);
    if (this.viewer) channel.hide(this.viewer);
  }

  private stopAwaiting(): void {
    this.awaiting?.dismiss();
    this.awaiting = undefined;
  }
}

function isSame(one: Member | undefined, other: Member | undefined): boolean {
  return one?.key === other?.key && one?.text === other?.text;
}

/** No news. */
const NOTHING = Promise.resolve(0);
