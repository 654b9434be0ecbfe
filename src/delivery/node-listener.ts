import type { Connection } from '../connection/connection.js';
import type { ChannelLog, ChannelLogOutlet } from '../history/channel-log.js';
import type { Publication } from '../protocol/publication.js';

/** The node itself, on a channel of which it takes every publication. No method may throw. */
export interface NodeListener {
  received(publication: Publication): void;
  /** Names the connections that may miss something while the broker is lost for the channel. */
  addConnections(connections: Set<Connection>): void;
  /** The broker is lost for the channel. */
  lost?(): void;
  /** The broker is ready again, of which the channel may have been lost. */
  back?(): void;
}

/** As {@link NodeListener}, on a channel with a history. */
export interface NodeFollower extends NodeListener, Pick<ChannelLogOutlet, 'reset' | 'checked'> {}

/** A channel that the node itself listens on. */
export class NodeChannel {
  constructor(
    private readonly listener: NodeListener,
    /** Its history, where one is kept; it has the listener as its outlet. */
    readonly log?: ChannelLog,
  ) {}

  receive(publication: Publication): void {
    if (this.log) this.log.receive(publication);
    else this.listener.received(publication);
  }

  /** The broker is lost for it. */
  lose(): void {
    this.log?.lost();
    this.listener.lost?.();
  }

  /** The broker is ready, after it was lost. */
  back(): void {
    this.log?.back();
    this.listener.back?.();
  }

  /** Names those who may miss something while the broker is lost for it. */
  addConnections(connections: Set<Connection>): void {
    if (!this.log) this.listener.addConnections(connections);
  }
}
