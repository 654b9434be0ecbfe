import { CallbackAnswerError } from '../../protocol/errors.js';
import { elementsOf, valueOf, type JsonText } from '../../protocol/json/json.js';
import { RoomTrie } from './room-trie.js';
import { Room } from './room.js';

/** The rooms that a client may join. A `*` in one of them covers any value of its key. */
export class Permissions {
  private readonly allowed = new RoomTrie<Room>();
  private readonly rooms = new Map<string, Room>();

  /** @throws {CallbackAnswerError} when the text is not a list of objects. */
  constructor(text: JsonText) {
    if (!Array.isArray(valueOf(text))) throw new CallbackAnswerError('allowed_rooms must be a list');
    for (const element of elementsOf(text)) {
      const room = Room.parse(element);
      if (!room) throw new CallbackAnswerError('each of the allowed_rooms must be an object');
      if (this.rooms.has(room.id)) continue;
      this.rooms.set(room.id, room);
      this.allowed.add(room, room);
    }
  }

  /** The rooms, each once, as a JSON list. */
  get text(): JsonText {
    return `[${[...this.rooms.values()].map(({ text }) => text).join(',')}]` as JsonText;
  }

  covers(room: Room): boolean {
    return this.allowed.has(room, 'covering');
  }
}
