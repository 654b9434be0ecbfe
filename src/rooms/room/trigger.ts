import type { InputBounds } from '../../protocol/json/bounds.js';
import { JsonDocument } from '../../protocol/json/json-document.js';
import {
  decodeString,
  elementsOf,
  isListText,
  isObjectText,
  type JsonMembers,
  membersOf,
  type JsonText,
} from '../../protocol/json/json.js';
import type { Position } from '../../protocol/position.js';
import { Room } from './room.js';

/** The text is not a trigger; the message says what is wrong and where. */
export class TriggerError extends Error {
  override readonly name = 'TriggerError';
}

/**
 * A publication for rooms. Its wire form, over HTTP and RabbitMQ alike: `{"rooms": [{…}, …], "data": …}`, and
 * `"exclude": "<connection id>"` for a connection that is not to get it.
 */
export class Trigger {
  /** Its place in the history of rooms, where one is kept. */
  position: Position | undefined = undefined;

  private constructor(
    /** As it was given. */
    readonly text: JsonText,
    readonly rooms: readonly Room[],
    readonly data: JsonText,
    /** The id of the connection that does not get it. */
    readonly exclude: string | undefined,
  ) {}

  /** Every member of the message; read anew each time. */
  get members(): JsonMembers {
    return membersOf(this.text);
  }

  /**
   * @param source bytes, which have to be UTF-8, or text.
   * @param maxRooms how many rooms it may name.
   * @throws {TriggerError} when it is not JSON, or not a trigger as a whole.
   */
  static parse(source: string | Buffer, maxRooms: number, bounds?: InputBounds): Trigger {
    return Trigger.of(
      JsonDocument.read(source, { ...(bounds && { bounds }), fault: TriggerError }).text,
      maxRooms,
    );
  }

  /** As {@link parse}, of text that is known to be valid JSON, within bounds. */
  static of(text: JsonText, maxRooms: number): Trigger {
    if (!isObjectText(text)) throw new TriggerError('a trigger must be a JSON object');
    const members = membersOf(text);
    const rooms = members.get('rooms');
    const data = members.get('data');
    if (rooms === undefined || !isListText(rooms)) throw new TriggerError('"rooms" must be a list');
    const list = elementsOf(rooms);
    if (list.length > maxRooms) throw new TriggerError(`"rooms" must not hold more than ${maxRooms}`);
    if (data === undefined) throw new TriggerError('"data" is missing');
    return new Trigger(text, list.map(roomAt), data, excludedBy(members.get('exclude')));
  }
}

function excludedBy(exclude: JsonText | undefined): string | undefined {
  if (exclude === undefined || exclude === 'null') return undefined;
  if (exclude[0] === '"') return decodeString(exclude);
  throw new TriggerError('"exclude" must be the id of a connection');
}

function roomAt(text: JsonText, index: number): Room {
  const room = Room.parse(text);
  if (!room) throw new TriggerError(`"rooms[${index}]" must be a JSON object`);
  return room;
}
