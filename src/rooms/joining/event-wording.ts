import type { JsonText } from '../../protocol/json/json.js';
import type { RoomWording } from '../subscription/room-wording.js';

/** The words for clients of `/ws`, who know a room that they have joined by its `ref`: those of topics where there are such. */
export const EVENT_WORDING: RoomWording = {
  mark: '#',
  trigger: (ref) => ({ head: Buffer.from(`{"event":"trigger","ref":${ref},"data":`), tail: '' }),
  notice: (name, members, ref) => `{"event":"${name}","ref":${ref},${members}}`,
  presence: (ref: JsonText) => `{"event":"presence","ref":${ref}`,
};
