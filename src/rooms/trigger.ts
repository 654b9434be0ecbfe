import { elementsOf, isObject, JsonError, membersOf, parseJson, type JsonText } from '../protocol/json.js';
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
  private constructor(
    /** As it was given. */
    readonly text: string,
    readonly rooms: readonly Room[],
    readonly data: JsonText,
    /** The id of the connection that does not get it. */
    readonly exclude: string | undefined,
  ) {}

  /**
   * @param maxRooms how many rooms it may name.
   * @throws {TriggerError} when the text is not JSON, or not a trigger as a whole.
   */
  static parse(text: string, maxRooms: number): Trigger {
    const value = parseValue(text);
    if (!isObject(value)) throw new TriggerError('a trigger must be a JSON object');
    const members = membersOf(text);
    const data = members.get('data');
    const { rooms, exclude } = value;
    if (!Array.isArray(rooms)) throw new TriggerError('"rooms" must be a list');
    if (rooms.length > maxRooms) throw new TriggerError(`"rooms" must not hold more than ${maxRooms}`);
    if (data === undefined) throw new TriggerError('"data" is missing');
    if (exclude !== undefined && exclude !== null && typeof exclude !== 'string') {
      throw new TriggerError('"exclude" must be the id of a connection');
    }
    return new Trigger(text, elementsOf(members.get('rooms')!).map(roomAt), data, exclude ?? undefined);
  }
}

function roomAt(text: JsonText, index: number): Room {
  const room = Room.parse(text);
  if (!room) throw new TriggerError(`"rooms[${index}]" must be a JSON object`);
  return room;
}

function parseValue(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError) throw new TriggerError(error.message, { cause: error });
    throw error;
  }
}
