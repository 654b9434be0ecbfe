import type { RoomMatching } from '../../config/sections/rooms/rooms.settings.js';
import type { Fanout } from '../../delivery/fanout.js';
import type { RoomTrie } from '../room/room-trie.js';
import type { Trigger } from '../room/trigger.js';

/** Reached by the triggers for a room. */
export interface Reachable {
  deliver(fanout: Fanout<Trigger>): void;
  /**
   * As {@link deliver}, unless it was reached through another of the trigger's rooms.
   * @param serial of the trigger: ascending, so that nothing of the trigger itself is kept.
   */
  deliverOnce(fanout: Fanout<Trigger>, serial: number): void;
}

/** Hands a trigger to those in its rooms. */
export function spread(
  items: RoomTrie<Reachable>,
  fanout: Fanout<Trigger>,
  matching: RoomMatching,
  serial: number,
): void {
  for (const room of fanout.publication.rooms) {
    if (matching === 'literal') items.forEach(room, 'same', (item) => item.deliver(fanout));
    else items.forEach(room, 'overlapping', (item) => item.deliverOnce(fanout, serial));
  }
}
