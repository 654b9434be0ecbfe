import type { Connection } from '../connection.js';
import type { TopicKind } from '../topics/wire-topic.js';

/** Rooms are joined one by one, by what they are, and the gateway numbers them. They have no state: what was missed is missed. */
export function roomKind(connection: Connection): TopicKind {
  /** The gateway takes so many. */
  const MAX_EARLIER = 16;
  /** The ids of connections in which rooms were joined: what excludes one of them was not for this client. */
  let ids: unknown[] = [];
  return {
    events: ['join', 'leave', 'trigger'],
    key: 'ref',
    hasState: false,
    groups: (wires) => wires.map((wire) => [wire]),
    about([wire], isJoin) {
      if (!isJoin) return { ref: wire?.ref };
      const id = connection.link?.hello?.['connection_id'];
      if (!ids.includes(id)) ids = [...ids.slice(-MAX_EARLIER), id];
      const position = wire?.position;
      return { room: wire?.wish.fields, position, was: position && ids.slice(0, -1) };
    },
  };
}
